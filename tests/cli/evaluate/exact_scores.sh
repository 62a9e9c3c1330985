#!/usr/bin/env bash
# Scores of small boxes are those worked out by hand, per case and in the summary.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

mkdir reference prediction
label_map reference/boxes.nii.gz 8,8,8 1=2:4,2:4,2:4
label_map prediction/boxes.nii.gz 8,8,8 1=2:4,2:4,2:5
label_map reference/far.nii.gz 24,24,24 1=5:10,5:10,5:10
label_map prediction/far.nii.gz 24,24,24 1=5:10,5:10,5:10 1=7,7,20

run "$BIN/evaluate" --prediction prediction --reference reference --metrics all --smooth-dice \
  --bootstrap 0 --output cases.csv --summary summary.json --quiet
expect_quiet
expect_row cases.csv "case,region,metric,value,status,unit"
expect_row cases.csv "boxes,1,dice,0.8,normal,1"
expect_row cases.csv "boxes,1,dice_smooth,0.80952381,normal,1"
expect_row cases.csv "boxes,1,iou,0.666666667,normal,1"
expect_row cases.csv "boxes,1,spec,0.992063492,normal,1"
expect_row cases.csv "boxes,1,ppv,0.666666667,normal,1"
expect_row cases.csv "boxes,1,rvd,0.5,normal,1"
expect_row cases.csv "boxes,1,avd_pct,50,normal,percent"
expect_row cases.csv "boxes,1,hd95_mm,1,normal,mm"
expect_row cases.csv "boxes,1,assd_mm,0.2,normal,mm"
expect_row cases.csv "boxes,1,nsd_1,1,normal,1"
expect_row cases.csv "boxes,1,vol_ref_ml,0.008,normal,ml"
expect_row cases.csv "boxes,1,vol_pred_ml,0.012,normal,ml"
expect_row cases.csv "far,1,dice,0.996015936,normal,1"
expect_row cases.csv "far,1,hd100_mm,11,normal,mm"
expect_row cases.csv "far,1,hd95_mm,0,normal,mm"
expect_row cases.csv "far,1,assd_mm,0.0558375635,normal,mm"
expect_json summary.json 'row("1","dice")["mean"] == 0.898007968 and row("1","dice")["n"] == 2'
expect_json summary.json 'abs(row("1","dice")["std_ddof1"] - 0.1386042) < 5e-8'
expect_json summary.json 'row("1","dice")["median"] == row("1","dice")["mean_normal"]'
expect_stdout '^1 +dice +1 +2 +0\.8980 '

# Spacing comes from the reference.
label_map tall_reference.nii.gz 8,8,8 --spacing 1,1,3 1=2:4,2:4,2:4
label_map tall_prediction.nii.gz 8,8,8 --spacing 1,1,3 1=2:4,2:4,2:5
run "$BIN/evaluate" --prediction tall_prediction.nii.gz --reference tall_reference.nii.gz \
  --metrics "hd100_mm assd_mm nsd_2 vol_ref_ml" --output tall.csv
expect_row tall.csv "tall_reference,1,hd100_mm,3,normal,mm"
expect_row tall.csv "tall_reference,1,assd_mm,0.6,normal,mm"
expect_row tall.csv "tall_reference,1,nsd_2,0.8,normal,1"
expect_row tall.csv "tall_reference,1,vol_ref_ml,0.024,normal,ml"

# A line of 20 voxels against one of 22: the two rules for the percentile differ.
label_map line_reference.nii.gz 3,3,26 1=1,1,2:22
label_map line_prediction.nii.gz 3,3,26 1=1,1,2:24
for rule in directed pooled; do
  run "$BIN/evaluate" --prediction line_prediction.nii.gz --reference line_reference.nii.gz \
    --metrics hd95_mm --hd95 $rule --output $rule.csv
done
expect_row directed.csv "line_reference,1,hd95_mm,0.95,normal,mm"
expect_row pooled.csv "line_reference,1,hd95_mm,0,normal,mm"
