#!/usr/bin/env bash
# Label maps that lie elsewhere are refused in millimeters, unless the user says to compare voxel by voxel.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

label_map reference.nii 6,6,6 1=1:3,1:3,1:3
label_map larger.nii 6,6,7 1=1:3,1:3,1:3
label_map spaced.nii 6,6,6 --spacing 1,1,1.05 1=1:3,1:3,1:3
label_map moved.nii 6,6,6 --origin 0,0,0.25 1=1:3,1:3,1:3
label_map same.nii 6,6,6 --origin 0,0,0.0005 1=1:3,1:3,1:3

expect_error 3 "the prediction has 6x6x7" "$BIN/evaluate" --prediction larger.nii \
  --reference reference.nii
for name in spaced moved; do
  expect_error 3 "case reference: .*up to 0.25 mm \(0.25 voxels\).*--ignore-geometry" "$BIN/evaluate" \
    --prediction $name.nii --reference reference.nii --output cases.csv
  expect_no_file cases.csv
  run "$BIN/evaluate" --prediction $name.nii --reference reference.nii --ignore-geometry
  expect_stderr 'taken voxel by voxel.*0.25 mm'
done
run "$BIN/evaluate" --prediction same.nii --reference reference.nii
expect_error 3 "the prediction has 6x6x7" "$BIN/evaluate" --prediction larger.nii \
  --reference reference.nii --ignore-geometry

# What counts is how far a voxel moves, not the numbers in headers: a twentieth of a voxel is rounding.
label_map spaced_little.nii 6,6,6 --spacing 1,1,1.01 1=1:3,1:3,1:3
label_map moved_little.nii 6,6,6 --origin 0,0,0.05 1=1:3,1:3,1:3
for name in spaced_little moved_little; do
  run "$BIN/evaluate" --prediction $name.nii --reference reference.nii --metrics dice --output $name.csv
  expect_row $name.csv "reference,1,dice,1,normal,1"
done
label_map fine.nii 6,6,6 --spacing 0.1,0.1,0.1 1=1:3,1:3,1:3
label_map fine_moved.nii 6,6,6 --spacing 0.1,0.1,0.1 --origin 0,0,0.05 1=1:3,1:3,1:3
expect_error 3 "0.5 voxels" "$BIN/evaluate" --prediction fine_moved.nii --reference fine.nii
