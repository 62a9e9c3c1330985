#!/usr/bin/env bash
# Threads that wait must not take the cores of others: LibTorch's threads spin for a bounded time, unless the user says
# how they are to wait.
source "$KDSEG_TEST_LIB"
unset GOMP_SPINCOUNT OMP_WAIT_POLICY
export OMP_DISPLAY_ENV=verbose  # libgomp prints what it goes by
for program in pretrain distill ensemble-label mcdropout; do
  run "$BIN/$program" --version
  expect_stderr "GOMP_SPINCOUNT = '1000'"
done
GOMP_SPINCOUNT=7 run "$BIN/pretrain" --version
expect_stderr "GOMP_SPINCOUNT = '7'"
OMP_WAIT_POLICY=passive run "$BIN/pretrain" --version
expect_stderr "GOMP_SPINCOUNT = '0'"
OMP_WAIT_POLICY=active run "$BIN/pretrain" --version
expect_stderr "GOMP_SPINCOUNT = '[0-9]{8,}'"
