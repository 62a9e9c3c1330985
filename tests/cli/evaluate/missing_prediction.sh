#!/usr/bin/env bash
# A missing prediction is an error, never silently left out; on request it counts as empty.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

mkdir reference prediction
label_map reference/a.nii 4,4,4 1=1,1,1
label_map reference/b.nii 4,4,4 1=1,1,1
label_map prediction/a.nii 4,4,4 1=1,1,1

expect_error 3 "no prediction for 1 of 2 cases \(b\)" "$BIN/evaluate" --prediction prediction \
  --reference reference --output cases.csv
expect_no_file cases.csv
run "$BIN/evaluate" --prediction prediction --reference reference --missing worst \
  --metrics "dice hd95_mm" --output cases.csv --summary summary.json
expect_row cases.csv "a,1,dice,1,normal,1"
expect_row cases.csv "b,1,dice,0,pred_empty,1"
expect_json summary.json 's["n_missing"] == 1 and row("1","dice")["mean"] == 0.5'

# A prediction without reference is not scored, and said so.
label_map prediction/c.nii 4,4,4 1=1,1,1
run "$BIN/evaluate" --prediction prediction --reference reference --missing worst
expect_stderr "c.nii has no reference"
run "$BIN/evaluate" --prediction prediction --reference reference --case a --output a.csv
expect_equal "$(cut -d, -f1 a.csv | sort -u | tr '\n' ' ')" "a case "
expect_error 2 "no such case; did you mean" "$BIN/evaluate" --prediction prediction \
  --reference reference --case aa
