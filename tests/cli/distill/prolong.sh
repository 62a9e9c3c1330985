#!/usr/bin/env bash
# A finished distillation goes on with more epochs: student, discriminator and their moments.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/distill/common.bash"
make_teacher
longer=$(content_of_run "${distilling[@]}" --output longer.h5 --epochs 3)
run "${distilling[@]}" --output a.h5 --epochs 1
expect_equal "$(content_of_run "${distilling[@]}" --output a.h5 --epochs 3 --continue)" "$longer"
run "${distilling[@]}" --output b.h5 --epochs 1 --decay-from 0.5
expect_error 2 'counts in fractions of the whole training' "${distilling[@]}" --output b.h5 --epochs 3 --decay-from 0.5 --continue
