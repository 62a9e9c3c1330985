#!/usr/bin/env bash
# SIGTERM saves the state and exits 75; SIGKILL loses the latest steps only; both continue exactly.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
long=("$BIN/pretrain" "${common[@]}" --epochs 8 --checkpoint-every 0)
whole=$(content_of_run "${long[@]}" --output whole.h5)
killed_at_first_state TERM term.h5.run "${long[@]}" --output term.h5
expect_equal "$code" 75
expect_stderr 'warning: stopped at step [0-9]+ of 24'
expect_equal "$(content_of_run "${long[@]}" --output term.h5)" "$whole" "after SIGTERM"
expect_stderr 'continuing at step'
killed_at_first_state KILL kill.h5.run "${long[@]}" --output kill.h5
expect_equal "$code" 137
expect_no_file kill.h5
expect_equal "$(content_of_run "${long[@]}" --output kill.h5)" "$whole" "after SIGKILL"

# A newest state that was cut short falls back to the one before it.
killed_at_first_state TERM cut.h5.run "${long[@]}" --output cut.h5 --deadline 0
newest=$(ls cut.h5.run/state-*.h5 | tail -n 1)
truncate -s 1000 "$newest"
expect_equal "$(content_of_run "${long[@]}" --output cut.h5)" "$whole" "after a truncated state"
