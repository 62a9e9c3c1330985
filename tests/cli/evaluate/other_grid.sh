#!/usr/bin/env bash
# Label maps on different grids are refused unless the user says to compare voxel by voxel.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

label_map reference.nii 6,6,6 1=1:3,1:3,1:3
label_map larger.nii 6,6,7 1=1:3,1:3,1:3
label_map spaced.nii 6,6,6 --spacing 1,1,1.01 1=1:3,1:3,1:3
label_map moved.nii 6,6,6 --origin 0,0,0.01 1=1:3,1:3,1:3
label_map same.nii 6,6,6 --origin 0,0,0.0005 1=1:3,1:3,1:3

expect_error 3 "the prediction has 6x6x7" "$BIN/evaluate" --prediction larger.nii \
  --reference reference.nii
for name in spaced moved; do
  expect_error 3 "case reference: .*--ignore-geometry" "$BIN/evaluate" --prediction $name.nii \
    --reference reference.nii --output cases.csv
  expect_no_file cases.csv
  run "$BIN/evaluate" --prediction $name.nii --reference reference.nii --ignore-geometry
done
run "$BIN/evaluate" --prediction same.nii --reference reference.nii
expect_error 3 "the prediction has 6x6x7" "$BIN/evaluate" --prediction larger.nii \
  --reference reference.nii --ignore-geometry
