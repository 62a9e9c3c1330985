#!/usr/bin/env bash
# A second training with an output or a run folder names the first and stops; the first is not disturbed.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
long=("$BIN/pretrain" "${common[@]}" --epochs 8 --checkpoint-every 0)
whole=$(content_of_run "${long[@]}" --output whole.h5)
"${long[@]}" --output a.h5 > first.log 2>&1 &
first=$!
for _ in $(seq 1200); do
  compgen -G 'a.h5.run/state-*.h5' > /dev/null && break
  kill -0 $first || fail "the first training ended: $(cat first.log)"
  sleep 0.05
done
kill -STOP $first
expect_error 1 "a.h5: in use by process $first on .*; wait for it, or choose another name" \
  "${long[@]}" --output a.h5
expect_error 1 "a.h5.run: in use by process $first on .*; wait for it, or choose another --run-dir" \
  "${long[@]}" --output b.h5 --run-dir a.h5.run
expect_no_file b.h5 .b.h5.unfinished
expect_error 1 "in use by process $first" "${long[@]}" --output a.h5 --resume never
kill -CONT $first
wait $first || fail "the first training failed: $(cat first.log)"
expect_equal "$(grep -Eo '[0-9a-f]{64}' first.log | tail -n 1)" "$whole"
