#!/usr/bin/env bash
# A prediction stored along other axes, at the same places, is the same prediction; so are masks and maps.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

map=(6,5,4 --spacing 1,2,3 --origin 10,20,30 1=1:3,1:4,0:2 2=4:6,2,3)
label_map reference.nii.gz "${map[@]}"
score() {
  run "$BIN/evaluate" --prediction "$1" --reference reference.nii.gz --regions a=1 --regions b=2 \
    --metrics dice,hd95_mm --output cases.csv --force "${@:2}"
}
for turn in xyz yxz zxy zyx; do
  for flip in '' 0 1,2 0,1,2; do
    label_map "turned.nii.gz" --turn $turn --flip "$flip" "${map[@]}"
    score turned.nii.gz
    expect_row cases.csv "reference,a,dice,1,normal,1"
    expect_row cases.csv "reference,b,hd95_mm,0,normal,mm"
  done
done

# Arrays as they lie only on request, and never silently.
label_map flipped.nii.gz --flip 0,1 "${map[@]}"
score flipped.nii.gz --ignore-geometry
expect_stderr 'warning: the prediction is taken voxel by voxel.*axes run otherwise'
! grep -q 'a,dice,1,' cases.csv || fail "the arrays lie otherwise"

# A brain mask of other axes counts the same true negatives.
label_map brain.nii.gz 6,5,4 --spacing 1,2,3 --origin 10,20,30 1=0:5,0:4,0:3
label_map brain_turned.nii.gz --turn zxy --flip 1 6,5,4 --spacing 1,2,3 --origin 10,20,30 1=0:5,0:4,0:3
label_map near.nii.gz 6,5,4 --spacing 1,2,3 --origin 10,20,30 1=1:4,1:4,0:2 2=4:6,2,3
for brain in brain brain_turned; do
  printf 'case,reference,prediction,brain\np,reference.nii.gz,near.nii.gz,%s.nii.gz\n' $brain >$brain.csv
  run "$BIN/evaluate" --pairs $brain.csv --regions a=1 --regions b=2 --domain brain --metrics spec --output $brain-spec.csv
done
expect_same_file brain-spec.csv brain_turned-spec.csv
label_map brain_nan.nii.gz --nan 6,5,4 --spacing 1,2,3 --origin 10,20,30 1=0:5,0:4,0:3
printf 'case,reference,prediction,brain\np,reference.nii.gz,near.nii.gz,brain_nan.nii.gz\n' >brain_nan.csv
spec=("$BIN/evaluate" --pairs brain_nan.csv --regions a=1 --regions b=2 --domain brain --metrics spec --output brain_nan-spec.csv)
expect_error 3 'brain_nan.nii.gz: 60 of 120 voxels are NaN; --nan zero' "${spec[@]}"
run "${spec[@]}" --nan zero
expect_same_file brain-spec.csv brain_nan-spec.csv
label_map brain_half.nii.gz --add 0.5 6,5,4 --spacing 1,2,3 --origin 10,20,30 1=0:5,0:4,0:3
printf 'case,reference,prediction,brain\np,reference.nii.gz,near.nii.gz,brain_half.nii.gz\n' >half.csv
expect_error 3 'brain_half.nii.gz: voxel [01].5 is no label' "$BIN/evaluate" --pairs half.csv \
  --regions a=1 --regions b=2 --domain brain --metrics spec
label_map brain_moved.nii.gz 6,5,4 --spacing 1,2,3 --origin 11,20,30 1=0:5,0:4,0:3
printf 'case,reference,prediction,brain\np,reference.nii.gz,near.nii.gz,brain_moved.nii.gz\n' >moved.csv
expect_error 3 'the brain mask does not lie' "$BIN/evaluate" --pairs moved.csv \
  --regions a=1 --regions b=2 --domain brain --metrics spec

# Hidden files beside predictions are nobody's prediction.
mkdir predictions references
cp turned.nii.gz predictions/p.nii.gz
cp reference.nii.gz references/p.nii.gz
for name in ._p.nii.gz .p.nii .DS_Store; do echo x >predictions/$name; echo x >references/$name; done
run "$BIN/evaluate" --prediction predictions --reference references --regions a=1 --regions b=2 --metrics dice --output hidden.csv
expect_equal "$(cut -d, -f1 hidden.csv | sort -u | tr '\n' ' ')" "case p "

# Whole numbers but for rounding are labels, a background of NaN only where that is said.
label_map rounded.nii.gz --add 0.004 "${map[@]}"
score rounded.nii.gz
expect_row cases.csv "reference,a,dice,1,normal,1"
label_map between.nii.gz --add 0.3 "${map[@]}"
expect_error 3 'whole numbers are expected' "$BIN/evaluate" --prediction between.nii.gz --reference reference.nii.gz
label_map nan.nii.gz --nan "${map[@]}"
expect_error 3 'nan.nii.gz: 106 of 120 voxels are NaN; --nan zero' "$BIN/evaluate" --prediction nan.nii.gz --reference reference.nii.gz
score nan.nii.gz --nan zero
expect_row cases.csv "reference,b,dice,1,normal,1"
expect_stderr '106 of 120 voxels are NaN and count as background'
