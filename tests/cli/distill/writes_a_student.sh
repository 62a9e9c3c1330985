#!/usr/bin/env bash
# The plain use: a student of three channels learns beside a teacher of four.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/distill/common.bash"
make_teacher
run "${distilling[@]}" --output student.h5
expect_stderr 'student.h5 written.*content_sha256 [0-9a-f]{64}'
for column in cross-entropy adversarial discriminator discriminator-accuracy discriminator-updated loss score; do
  head -n 1 student.h5.run/history.csv | grep -Eq "(^|,)$column(,|\$)" || fail "history lacks $column"
done
# The student starts from a checkpoint of its own kind.
run "$BIN/pretrain" "${common[@]}" --channels flair,t1,t2 --epochs 1 --output start.h5
run "${distilling[@]}" --init start.h5 --output started.h5
# Work per iteration counts student, teacher and discriminator.
run "${distilling[@]}" --describe
expect_stdout '^teacher +[0-9,]+ parameters, frozen'
expect_stdout '^discriminator +[0-9,]+ parameters'
