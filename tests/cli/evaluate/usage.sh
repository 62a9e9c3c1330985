#!/usr/bin/env bash
# Wrong names and combinations of options are errors of usage that touch nothing.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

label_map a.nii 4,4,4 1=1,1,1
mkdir folder
score="$BIN/evaluate --prediction a.nii --reference a.nii"
expect_error 2 "unknown metric 'dise'; did you mean 'dice'" $score --metrics dise
expect_error 2 "--regions brats2032: .*did you mean 'brats2023'" $score --regions brats2032
expect_error 2 "'x' is not a label code" $score --regions ET=x
expect_error 2 "no label code" $score --regions ET=
expect_error 2 "background" $score --regions ET=0,4
expect_error 2 "given twice" $score --regions ET=4 --regions ET=3
expect_error 2 "stands alone" $score --regions brats --regions ET=4
expect_error 2 "--where needs --cases" $score --where split=test
expect_error 2 "both be files" "$BIN/evaluate" --prediction a.nii --reference folder
expect_error 2 "--prediction with" "$BIN/evaluate" --reference a.nii
expect_error 2 "one of --reference and --cases" "$BIN/evaluate" --prediction a.nii
expect_error 2 "leave --cases" "$BIN/evaluate" --prediction a.nii --pairs pairs.csv

# An existing output is kept.
echo old >cases.csv
expect_error 2 "cases.csv" $score --output cases.csv
expect_equal "$(cat cases.csv)" old
echo old >summary.json
expect_error 2 "summary.json" $score --output new.csv --summary summary.json
expect_no_file new.csv
run $score --output cases.csv --force --metrics dice
expect_row cases.csv "a,1,dice,1,normal,1"
