#!/usr/bin/env bash
# A table names the files of every case, whatever they are called; a brain mask narrows specificity.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

mkdir data
label_map data/truth_1.nii 10,10,10 1=2:4,2:4,2:4
label_map data/mine.nii 10,10,10 1=2:4,2:4,2:5
label_map data/head.nii 10,10,10 1=0:5,0:5,0:5
printf 'case,reference,prediction,brain\none,truth_1.nii,mine.nii,head.nii\nagain,truth_1.nii,,head.nii\n' \
  >data/pairs.csv
expect_error 3 "no prediction for 1 of 2 cases \(again\)" "$BIN/evaluate" --pairs data/pairs.csv
run "$BIN/evaluate" --pairs data/pairs.csv --missing worst --domain brain --metrics "dice spec" \
  --output cases.csv
expect_row cases.csv "one,1,dice,0.8,normal,1"
expect_row cases.csv "one,1,spec,0.965811966,normal,1" # 113 of 117 voxels
expect_row cases.csv "again,1,dice,0,pred_empty,1"
expect_equal "$(sed -n 2p cases.csv | cut -d, -f1)" again "cases are sorted by id"
expect_error 3 "needs a brain mask" "$BIN/evaluate" --prediction data/mine.nii \
  --reference data/truth_1.nii --domain brain
