#!/usr/bin/env bash
# class-weights = from-train measures the training cases, and says what it found.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
sed -i 's/^class-weights.*/class-weights = from-train/' settings.ini
learnt=$(content_of_run "$BIN/pretrain" "${common[@]}" --output a.h5)
expect_stderr 'class weights from the training cases: 1 [0-9.]+ [0-9.]+ [0-9.]+$'
weights=$(sed -n 's/.*training cases: //p' .latest/stderr)
sed -i "s/^class-weights.*/class-weights = $weights/" settings.ini
expect_equal "$(content_of_run "$BIN/pretrain" "${common[@]}" --output b.h5)" "$learnt"
