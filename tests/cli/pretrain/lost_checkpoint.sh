#!/usr/bin/env bash
# A finished checkpoint that was deleted is written again without training, unless what it came from has changed.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
train=("$BIN/pretrain" "${common[@]}" --output a.h5)
whole=$(content_of_run "${train[@]}")
lines=$(wc -l < a.h5.run/history.csv)
expect_equal "$(ls a.h5.run/state-* 2> /dev/null)" "" "states after success"
mv a.h5 first.h5
run "${train[@]}"
expect_stderr 'a.h5 written from a.h5.run/result-.*finished before'
expect_same_file a.h5 first.h5
expect_equal "$(wc -l < a.h5.run/history.csv)" "$lines" "the history grew"

rm a.h5
expect_equal "$(content_of_run "${train[@]}" --resume never)" "$whole" "trained anew"
rm a.h5
[ "$(content_of_run "${train[@]}" --epochs 2)" != "$whole" ] || fail "other settings gave the former result"

rm a.h5
truncate -s 2000 a.h5.run/result-*.h5
expect_equal "$(content_of_run "${train[@]}")" "$whole" "trained anew after another result"
rm a.h5
truncate -s 2000 a.h5.run/result-*.h5
expect_equal "$(content_of_run "${train[@]}")" "$whole" "trained anew over a damaged result"
expect_stderr 'training anew'
