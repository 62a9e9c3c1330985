#!/usr/bin/env bash
# A run that cannot succeed says so again at once when retried, until its inputs or settings change.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
P=("$BIN/pretrain" "${cases[@]}" --recipe recipe.ini --width 2 --device cpu --threads 1 --output a.h5 --epochs 20)
explode=(--learning-rate 10 --optimizer adam --betas 0 0)
if "${P[@]}" "${explode[@]}" --learning-rate 10 > .latest/stdout 2> .latest/stderr; then
  skip "the loss stayed finite"
fi
expect_stderr 'cross-entropy is -?(nan|inf) at step [0-9]+'
expect_file a.h5.run/failed
expect_error 1 'failed for good before' "${P[@]}" "${explode[@]}"
run "${P[@]}" --epochs 1
expect_no_file a.h5.run/failed
