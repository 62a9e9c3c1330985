# A trained teacher of four channels for the scripts of this folder.
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"

make_teacher() {
  make_volumes
  run "$BIN/pretrain" "${common[@]}" --epochs 1 --output teacher.h5
  cat > distill.ini <<'INI'
channels = flair t1 t2
epochs = 2
width = 2
learning-rate = 1e-3
betas = 0.5 0.999

[term.cross-entropy]
class-weights = 1 59.4507 23.3190 71.8481

[adversary]
network = hierarchical-discriminator
width = 32
weight = 0.2
INI
  distilling=("$BIN/distill" "${cases[@]}" --device cpu --threads 1 --config distill.ini --teacher teacher.h5)
}
