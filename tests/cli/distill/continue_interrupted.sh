#!/usr/bin/env bash
# Distillation continues exactly: student, discriminator and their moments, with dropout in both networks.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/distill/common.bash"
make_teacher
whole=$(content_of_run "${distilling[@]}" --output whole.h5)
for workers in 1 2 0 3 1; do
  expect_exit 75 "${distilling[@]}" --output cut.h5 --deadline 0.001 --workers $workers
done
expect_equal "$(content_of_run "${distilling[@]}" --output cut.h5)" "$whole"
expect_exit 75 "${distilling[@]}" --output changed.h5 --deadline 0.001
expect_error 2 'teacher-dropout was on, is off' "${distilling[@]}" --output changed.h5 --teacher-dropout off
sed -i 's/^weight = 0.2/weight = 0.3/' distill.ini
expect_error 2 '\[adversary\] weight was 0.2, is 0.3' "${distilling[@]}" --output changed.h5
