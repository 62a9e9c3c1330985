# learns_by_heart FILES... -- FLAGS...: trains with these settings files of model distillation on two synthetic heads, without
# variation, and looks at the Dice loss of the last ten of 200 steps.
learns_by_heart() {
  local folder=$KDSEG_SOURCE_DIR/config/experiments/model-distillation files=(--config "$KDSEG_SOURCE_DIR/config/experiments/model-distillation/common.ini")
  while [ "$1" != -- ]; do
    files+=(--config "$folder/$1")
    shift
  done
  shift
  run "$BIN/phantom" --grid 64,64,64 --spacing 3 --cases 2 --seed 3 --radius 22,28 --gates off --quiet --output-dir scans
  run "$BIN/preprocess" --manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml" --root scans --output-dir volumes --quiet
  sed -e 's/^size = 128 128 128/size = 64 64 64/; s/^least-size = 128/least-size = 64/' \
    "$folder/recipe$([[ $* == *--patch* ]] || echo -cube).ini" > recipe.ini
  printf '[augment]\nflip-axis = none\naffine-probability = 0\npatch-position = anywhere\ncontrast = 0\nshift = 0\n' > still.ini
  run "$BIN/pretrain" "${files[@]}" --config still.ini --recipe recipe.ini --cases volumes/cases.tsv --epochs 20 \
    --epoch-iterations 10 --selection last --step-decay-stages 0 --device cpu --threads 1 --seed 1 "$@" \
    --history history.csv --output network.h5 --quiet
  python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("history.csv")))
losses = [float(row["dice"]) for row in rows]
assert int(rows[-1]["step"]) == 200, rows[-1]
assert losses[-1] < 0.1 < losses[0], losses
PY
}
