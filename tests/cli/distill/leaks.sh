#!/usr/bin/env bash
# A teacher that was trained on a test case is refused: its checkpoint and the sheet tell. --allow-leak takes it and
# marks the student.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
run "$BIN/preprocess" --cases volumes/cases.tsv --folds 3 --sheet volumes/folds.tsv
net=(--device cpu --threads 1 --epochs 1 --width 2)
run "$BIN/pretrain" --cases volumes/folds.tsv --where 'fold!=1' --config settings.ini "${net[@]}" --plateau off \
  --output teacher1.h5
cat > distill.ini <<'INI'
channels = flair t1 t2
[term.bottleneck-kl]
weight = 10
INI
distilling=("$BIN/distill" --cases volumes/folds.tsv --config distill.ini "${net[@]}" --teacher teacher1.h5)
run "${distilling[@]}" --where 'fold!=1' --validate fold=1 --output right.h5
expect_error 3 'teacher1.h5: was trained on . of the . cases that this run holds out for testing.*--allow-leak' \
  "${distilling[@]}" --where 'fold!=0' --output wrong.h5
expect_no_file wrong.h5
run "${distilling[@]}" --where 'fold!=0' --output wrong.h5 --allow-leak on
expect_stderr 'warning: teacher1.h5 was trained on .* no test'
# The same with a split.
awk -F'\t' 'BEGIN { OFS = "\t" } NR > 1 && $4 == "val" { $4 = "test" } { print }' volumes/cases.tsv > volumes/tests.tsv
run "$BIN/pretrain" --cases volumes/tests.tsv --where split=test --config settings.ini "${net[@]}" --plateau off \
  --output tested.h5
expect_error 3 'tested.h5: was trained on 2 of the 2 cases' "$BIN/distill" --cases volumes/tests.tsv \
  --where split=train --config distill.ini "${net[@]}" --teacher tested.h5 --output wrong2.h5
