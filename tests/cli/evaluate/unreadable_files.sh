#!/usr/bin/env bash
# Files that are missing, truncated or no label maps end with exit code 3 and no output.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

label_map good.nii 4,4,4 1=1,1,1
label_map short.nii 4,4,4 --truncate 400 1=1,1,1
label_map short.nii.gz 4,4,4 --truncate 45 1=1,1,1
echo "no HDF5" >text.h5
echo "no image" >text.nii
for wrong in short.nii short.nii.gz text.h5 text.nii absent.nii; do
  expect_error 3 "$wrong" "$BIN/evaluate" --prediction $wrong --reference good.nii --output c.csv
  expect_error 3 "$wrong" "$BIN/evaluate" --prediction good.nii --reference $wrong --output c.csv
done
mkdir empty
expect_error 3 "no label files" "$BIN/evaluate" --prediction empty --reference empty
mkdir twice
cp good.nii twice/a.nii
gzip -c good.nii >twice/a.nii.gz
expect_error 3 "case a has two files" "$BIN/evaluate" --prediction twice --reference twice
expect_error 3 "cases.tsv" "$BIN/evaluate" --cases cases.tsv --prediction empty
printf 'case,reference\na,good.nii\n' >pairs.csv
expect_error 3 "prediction" "$BIN/evaluate" --pairs pairs.csv
expect_no_file c.csv
