#!/usr/bin/env bash
# Labels that the regions do not know are refused: usually another code for the same structure.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

label_map reference.nii 6,6,6 1=1,1,1 2=2,2,2 4=3,3,3
label_map prediction.nii 6,6,6 1=1,1,1 2=2,2,2 3=3,3,3
for regions in brats "ET=4"; do
  expect_error 3 "case reference: the prediction has label 3" "$BIN/evaluate" \
    --prediction prediction.nii --reference reference.nii --regions "$regions" --output c.csv
done
expect_error 3 "the reference has label 4" "$BIN/evaluate" --prediction prediction.nii \
  --reference reference.nii --regions brats2023
# Without regions each code of the reference is one; a code of the prediction alone is none.
expect_error 3 "the prediction has label 3" "$BIN/evaluate" --prediction prediction.nii \
  --reference reference.nii
expect_no_file c.csv
run "$BIN/evaluate" --prediction prediction.nii --reference reference.nii --regions ET=3,4 \
  --regions WT=1,2,3,4 --metrics dice --output cases.csv
expect_row cases.csv "reference,ET,dice,1,normal,1"
expect_row cases.csv "reference,WT,dice,1,normal,1"
