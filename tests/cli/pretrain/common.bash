# Volumes and settings for the scripts that train.

# make_volumes: volumes/cases.tsv with 3 training and 2 validation cases, recipe.ini, settings.ini.
make_volumes() {
  make_cohort scans --cases 5 --gates off
  run "$BIN/preprocess" --manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml" --root scans \
    --split 3,2,0 --output-dir volumes --quiet
  sed 's/^name = .*/name = tiny/' "$KDSEG_SOURCE_DIR/config/experiments/had-net/recipe.ini" > recipe.ini
  cat > settings.ini <<'INI'
recipe = recipe.ini
epochs = 3
width = 2
optimizer = adamw
learning-rate = 1e-3
weight-decay = 1e-5
warmup = 0.2
plateau = on
plateau-patience = 0

[term.cross-entropy]
class-weights = 1 59.4507 23.3190 71.8481
decay = 0.9

[augment]
flip-probability = 0.5
INI
  cases=(--cases volumes/cases.tsv --where split=train --validate split=val)
  common=("${cases[@]}" --device cpu --threads 1 --config settings.ini)
}

# content_of_run COMMAND...: runs it and prints the content hash of what it wrote.
content_of_run() {
  run "$@"
  content_of
}

# killed_at_first_state SIGNAL RUN_DIR COMMAND...: signals the command once a state is saved; sets
# `code` to its exit code.
killed_at_first_state() {
  local signal=$1 folder=$2
  shift 2
  "$@" > .latest/stdout 2> .latest/stderr &
  local process=$!
  for _ in $(seq 1200); do
    compgen -G "$folder/state-*.h5" > /dev/null && break
    kill -0 "$process" 2> /dev/null || break
    sleep 0.05
  done
  compgen -G "$folder/state-*.h5" > /dev/null || fail "no state was saved"
  kill "-$signal" "$process"
  code=0
  wait "$process" || code=$?
}
