#!/usr/bin/env bash
# --describe tells networks, work and memory on stdout and trains nothing; --memory-limit goes by the same measurement.
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

# The same measurement refuses a training that needs too much, before its first step; one that fits is not touched by it.
expect_error 1 'about [0-9.]+ GiB.*--memory-limit is 0.001; lower --batch' "$BIN/pretrain" "${common[@]}" --memory-limit 0.001 \
  --output a.h5
expect_no_file a.h5
one=$(content_of_run "$BIN/pretrain" "${common[@]}" --output b.h5)
expect_equal "$(content_of_run "$BIN/pretrain" "${common[@]}" --output c.h5 --memory-limit 8)" "$one"
