#!/usr/bin/env bash
# The plain use: a sheet of source volumes becomes a checkpoint, with a history beside it.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
run "$BIN/pretrain" "${common[@]}" --output teacher.h5
expect_stderr 'teacher.h5 written.*content_sha256 [0-9a-f]{64}'
expect_file teacher.h5 teacher.h5.run/history.csv
[[ ! -s $latest_out ]] || fail "stdout is for requested results"
head -n 1 teacher.h5.run/history.csv | grep -q '^step,epoch,learning-rate,' || fail "history header"
for column in cross-entropy loss validation-loss dice-WT dice-TC dice-ET score seconds-waiting; do
  head -n 1 teacher.h5.run/history.csv | grep -Eq "(^|,)$column(,|\$)" || fail "history lacks $column"
done
expect_equal "$(wc -l < teacher.h5.run/history.csv)" 4 "one row per epoch"
compgen -G 'teacher.h5.run/state-*' > /dev/null && fail "states stay behind"

# A quiet success says nothing.
run "$BIN/pretrain" "${common[@]}" --output quiet.h5 --epochs 1 --quiet
expect_quiet

# The resolved settings replay the run.
content=$(content_of_run "$BIN/pretrain" "${common[@]}" --output again.h5)
"$BIN/pretrain" "${common[@]}" --output replayed.h5 --print-config > printed.ini
expect_equal "$(content_of_run "$BIN/pretrain" --config printed.ini)" "$content"
