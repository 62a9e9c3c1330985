#!/usr/bin/env bash
# Patch training: random crops while training, windows over whole volumes while validating.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
P=("$BIN/pretrain" "${common[@]}" --epochs 2 --patch 32,32,32 --batch 2)
content=$(content_of_run "${P[@]}" --output a.h5)
expect_equal "$(content_of_run "${P[@]}" --output b.h5 --workers 2)" "$content"
expect_error 3 'patch: 32x32x40 voxels, .*multiples of 16' "$BIN/pretrain" "${common[@]}" \
  --patch 32,32,40 --output c.h5
