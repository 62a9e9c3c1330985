#!/usr/bin/env bash
# Empty masks get the value of the chosen convention and a status, and are counted beside the mean.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

mkdir reference prediction
for name in both ref pred; do
  label_map reference/$name.nii 4,4,4
  label_map prediction/$name.nii 4,4,4
done
label_map prediction/ref.nii 4,4,4 4=1,1,1
label_map reference/pred.nii 4,4,4 4=1,1,1

score() {
  run "$BIN/evaluate" --prediction prediction --reference reference --regions ET=4 \
    --metrics "dice sens hd95_mm" --output "$1.csv" --summary "$1.json" --force --quiet "${@:2}"
}

score brats
expect_row brats.csv "both,ET,dice,1,both_empty,1"
expect_row brats.csv "ref,ET,dice,0,ref_empty,1"
expect_row brats.csv "pred,ET,dice,0,pred_empty,1"
expect_row brats.csv "both,ET,hd95_mm,0,both_empty,mm"
expect_row brats.csv "ref,ET,hd95_mm,6.92820323,ref_empty,mm"
expect_row brats.csv "pred,ET,hd95_mm,6.92820323,pred_empty,mm"
expect_json brats.json 'row("ET","dice")["n_both_empty"] == row("ET","dice")["n_ref_empty"] == 1'
expect_json brats.json 'row("ET","dice")["n_pred_empty"] == 1 and row("ET","dice")["n_total"] == 3'
expect_json brats.json 'row("ET","dice")["mean"] == 0.333333333'
expect_json brats.json 'row("ET","dice")["mean_normal"] is None'
expect_json brats.json 's["penalty_mm"] == 6.92820323 and s["convention"] == "brats"'

score brats2023 --empty brats2023
expect_row brats2023.csv "ref,ET,hd95_mm,374,ref_empty,mm"
score nan --empty nan
expect_row nan.csv "both,ET,dice,nan,both_empty,1"
expect_row nan.csv "pred,ET,dice,0,pred_empty,1"
expect_row nan.csv "pred,ET,hd95_mm,nan,pred_empty,mm"
expect_json nan.json 'row("ET","dice")["n_nan"] == 1 and row("ET","dice")["n"] == 2'
expect_json nan.json 'row("ET","hd95_mm")["mean"] is None'
score exclude --empty exclude-both
expect_row exclude.csv "both,ET,hd95_mm,nan,both_empty,mm"
expect_row exclude.csv "pred,ET,hd95_mm,6.92820323,pred_empty,mm"
score penalty --hd-penalty 100
expect_row penalty.csv "pred,ET,hd95_mm,100,pred_empty,mm"
expect_error 2 "mm is expected" "$BIN/evaluate" --prediction prediction --reference reference \
  --regions ET=4 --hd-penalty far

# A code that no file uses: all empty masks agree, and the scores say nothing.
run "$BIN/evaluate" --prediction reference --reference reference --regions X=7 --metrics dice --output unused.csv --force
expect_stderr "no voxel of X in any reference or prediction: the scores say nothing"
