#!/usr/bin/env bash
# A network trained on random subsets of its images predicts from any of them; what a withheld image
# holds does not matter.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
cat > u-hemis.ini <<'INI'
[network.u-hemis]

[term.dice]
denominator = squared

[term.weight-penalty]
INI
make_network u.h5 flair,t1ce,t1,t2 --config u-hemis.ini --subsets uniform
make_network plain.h5 flair,t1ce,t1,t2
case_id=$(first_case val)
label=("$BIN/ensemble-label" --model u.h5 "${on_cpu[@]}")
scan() { echo --image "$1=$(scan_of "$case_id" "$1")"; }
few=($(scan flair) $(scan t1) $(scan t2))

run "${label[@]}" "${few[@]}" $(scan t1ce) --available flair,t1,t2 --output withheld.nii.gz
expect_stderr 'brain mask from flair, t1, t2 alone'
run "${label[@]}" "${few[@]}" --image "t1ce=$(scan_of "$case_id" t2)" --available t2,t1,flair --output other.nii.gz
expect_same_file withheld.nii.gz other.nii.gz
run "${label[@]}" "${few[@]}" --output missing.nii.gz
expect_stderr 'no t1ce; u.h5 predicts from flair,t1,t2'
expect_same_file withheld.nii.gz missing.nii.gz
run "${label[@]}" --cases volumes/cases.tsv --case "$case_id" --available flair,t1,t2 --output-dir many --nifti
expect_same_file withheld.nii.gz "many/$case_id.nii.gz"
run "${label[@]}" --cases volumes/cases.tsv --case "$case_id" --output-dir all --probability
run "${label[@]}" --cases volumes/cases.tsv --case "$case_id" --available t2 --output-dir one --probability

! cmp -s all/predictions.csv one/predictions.csv || fail 'the subset made no difference'

expect_error 2 "no model has a channel 't1c'; did you mean 't1ce'" "${label[@]}" "${few[@]}" --available flair,t1c --output x.nii.gz
expect_error 3 'channels \(flair,t1,t2\), u.h5 expects t1ce of' "${label[@]}" "${few[@]}" --available t1ce --output x.nii.gz
expect_error 2 'plain.h5, had-net-unet, needs all of its channels \(flair,t1ce,t1,t2\)' \
  "$BIN/ensemble-label" --model plain.h5 "${on_cpu[@]}" "${few[@]}" --available flair --output x.nii.gz
expect_error 3 'plain.h5 expects 4' "$BIN/ensemble-label" --model plain.h5 "${on_cpu[@]}" "${few[@]}" --output x.nii.gz
expect_no_file x.nii.gz
