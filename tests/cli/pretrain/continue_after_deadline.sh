#!/usr/bin/env bash
# A run cut into single steps ends as one that was never interrupted, whatever its loader threads.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
whole=$(content_of_run "$BIN/pretrain" "${common[@]}" --output whole.h5)
calls=0
for workers in 1 2 0 3 1 2 0 3; do
  expect_exit 75 "$BIN/pretrain" "${common[@]}" --output cut.h5 --deadline 0.001 --workers $workers
  expect_stderr 'state saved in .*; the same command continues'
  expect_no_file cut.h5
  calls=$((calls + 1))
done
expect_equal "$(content_of_run "$BIN/pretrain" "${common[@]}" --output cut.h5)" "$whole"
expect_equal "$(cut -d, -f1-10 cut.h5.run/history.csv)" "$(cut -d, -f1-10 whole.h5.run/history.csv)"
