#!/usr/bin/env bash
# Uncertain voxels are filtered out threshold by threshold; maps that do not fit end with exit code 3.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

# Eight voxels in a line, all of them brain.
label_map reference.nii 8,1,1 4=0:3,0,0
label_map prediction.nii 8,1,1 4=0:2,0,0 4=3,0,0
label_map brain.nii 8,1,1 1=0:8,0,0
label_map et.nii 8,1,1 60=1,0,0 80=2,0,0 90=3,0,0 10=4,0,0 50=7,0,0
pairs() { printf 'case,reference,prediction,brain,uncertainty_ET\none,reference.nii,prediction.nii,%s,%s\n' "$@" >pairs.csv; }

pairs brain.nii et.nii
run "$BIN/evaluate" --pairs pairs.csv --regions ET=4 --unc-points 4 --output cases.csv \
  --curves curves.csv --summary summary.json --quiet
expect_quiet
expect_row cases.csv "one,ET,dice,0.666666667,normal,1"
expect_row cases.csv "one,ET,qu_dice_auc,0.958333333,normal,1"
expect_json summary.json 'abs(row("ET", "qu_ftp_auc")["mean"] - 0.3125) < 1e-7'
expect_json summary.json 'abs(row("ET", "qu_ftn_auc")["mean"] - 0.125) < 1e-7'
expect_json summary.json 'abs(row("ET", "qu_score")["mean"] - 0.8402778) < 5e-8'
expect_json summary.json 's["options"]["uncertainty-thresholds"] == [0, 25, 50, 75, 100]'
expect_equal "$(head -n 1 curves.csv)" "case,region,threshold,dice,ftp,ftn"
expect_row curves.csv "one,ET,100,0.666666667,0,0"
expect_row curves.csv "one,ET,75,1,0,0"
expect_equal "$(wc -l <curves.csv)" 6
run "$BIN/evaluate" --pairs pairs.csv --regions ET=4 --unc-thresholds "25 50 75 100" \
  --metrics qu_score --curves curves.csv --force
expect_equal "$(wc -l <curves.csv)" 5
run "$BIN/evaluate" --pairs pairs.csv --regions ET=4 --unc-points 4 --qu-score two-term \
  --metrics qu_score --summary two.json
expect_json two.json 'abs(row("ET", "qu_score")["mean"] - 0.8229167) < 5e-8'

refused() { # CODE PATTERN [flags...]: nothing is written
  expect_error "$1" "$2" "$BIN/evaluate" --pairs pairs.csv --regions ET=4 --output new.csv \
    --curves new_curves.csv "${@:3}"
  expect_no_file new.csv new_curves.csv
}
label_map wrong.nii 8,1,1 101=4,0,0
pairs brain.nii wrong.nii
refused 3 "case one: region ET: uncertainty 101 is outside 0..100"
label_map longer.nii 9,1,1
pairs brain.nii longer.nii
refused 3 "case one: region ET: the uncertainty has 9x1x1 .*the reference 8x1x1"
label_map moved.nii 8,1,1 --origin 0,0,1
pairs brain.nii moved.nii
refused 3 "case one: region ET: .*--ignore-geometry"
run "$BIN/evaluate" --pairs pairs.csv --regions ET=4 --ignore-geometry --curves moved.csv
pairs brain.nii absent.nii
refused 3 "absent.nii"
pairs "" et.nii
refused 3 "case one: filtering by uncertainty needs a brain mask"
pairs brain.nii ""
refused 3 "no uncertainty maps"
pairs brain.nii et.nii
refused 2 "two ascending numbers|ascending" --unc-thresholds "75 25"
refused 2 "qu-score" --qu-score four-term
expect_error 2 "no score of --metrics uses it" "$BIN/evaluate" --pairs pairs.csv --regions ET=4 \
  --metrics dice --uncertainty et.nii

# One map without a name is that of a single region; several need names.
expect_error 3 "one map without a name" "$BIN/evaluate" --pairs pairs.csv --regions ET=4 \
  --regions WT=4,5 --uncertainty et.nii
