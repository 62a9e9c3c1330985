#!/usr/bin/env bash
# --describe tells networks, work and memory on stdout and trains nothing.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
run "$BIN/pretrain" "${common[@]}" --width 8 --describe
expect_stdout '^network +1,032,636 parameters'
expect_stdout '^input +32 x 48 x 32 voxels, batch 1'
expect_stdout '^work +[0-9.]+ GMAC per iteration'
expect_stdout '^memory +about [0-9.]+ GiB'
run "$BIN/pretrain" "${common[@]}" --width 8 --describe --channels flair,t1,t2
expect_stdout '^network +1,032,420 parameters'
