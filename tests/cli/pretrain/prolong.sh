#!/usr/bin/env bash
# A finished training goes on with more epochs to what so many from the start give, or is refused where it could not.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
sed -i '/^warmup/d' settings.ini
P=("$BIN/pretrain" "${common[@]}")
longer=$(content_of_run "${P[@]}" --output longer.h5 --epochs 4)
expect_error 2 'no last state of a finished training.*--force' "${P[@]}" --output a.h5 --epochs 4 --continue
expect_no_file a.h5

run "${P[@]}" --output a.h5 --epochs 2
expect_error 2 'a.h5 exists; --force' "${P[@]}" --output a.h5 --epochs 4
expect_error 2 '--continue goes on.*--force.*start over' "${P[@]}" --output a.h5 --epochs 4 --continue --force
expect_error 2 'learning-rate was .*, is ' "${P[@]}" --output a.h5 --epochs 4 --continue --learning-rate 2e-3
expect_error 2 'has 2 epochs already, --epochs is 1' "${P[@]}" --output a.h5 --epochs 1 --continue
expect_equal "$(find . -name '.*.unfinished')" '' 'marks'
# Stopped on the way, it is the same command that continues.
expect_exit 75 "${P[@]}" --output a.h5 --epochs 4 --continue --deadline 0.001
expect_equal "$(content_of_run "${P[@]}" --output a.h5 --epochs 4 --continue)" "$longer" 'two epochs and two more'
expect_equal "$(wc -l < a.h5.run/history.csv)" 5 'one row per epoch'
run "${P[@]}" --output a.h5 --epochs 4 --continue
expect_stderr 'this training was finished before'
expect_equal "$(find . -name '.*.unfinished')" '' 'marks'

# A rate that counts in fractions of the whole training has gone otherwise.
run "${P[@]}" --output warm.h5 --epochs 1 --warmup 0.5
expect_error 2 'learning rate \(warmup, decay-from\).*--force.*--init' "${P[@]}" --output warm.h5 --epochs 2 --warmup 0.5 --continue
expect_file warm.h5
run "${P[@]}" --output warm.h5 --epochs 2 --warmup 0.5 --force
expect_stderr 'warm.h5 exists: this training starts over'
