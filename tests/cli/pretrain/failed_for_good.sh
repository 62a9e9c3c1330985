#!/usr/bin/env bash
# A run that cannot succeed says so again at once when retried, until its inputs or settings change.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
P=("$BIN/pretrain" "${cases[@]}" --recipe recipe.ini --width 2 --device cpu --threads 1 --output a.h5)
# Without epsilon the zero gradients behind dropped channels become 0 / 0.
explode=(--optimizer adam --betas 0,0 --epsilon 0)
expect_error 1 'cross-entropy is -?(nan|inf) at step [0-9]+' "${P[@]}" "${explode[@]}"
expect_file a.h5.run/failed
expect_error 1 'failed for good before' "${P[@]}" "${explode[@]}"
run "${P[@]}"
expect_no_file a.h5.run/failed
