#!/usr/bin/env bash
# Raw scans give a label file on the scan's own grid with the data set's codes, the same as by way
# of stored volumes.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network student.h5 flair,t1,t2
case_id=$(first_case val)
label=("$BIN/ensemble-label" --model student.h5 "${on_cpu[@]}")
images=()
for channel in flair t1 t2; do images+=(--image "$channel=$(scan_of "$case_id" "$channel")"); done

# The recipe's mask also looks at t1ce, so with it both ways see the same brain.
run "${label[@]}" "${images[@]}" --image "t1ce=$(scan_of "$case_id" t1ce)" --output direct.nii.gz
run "${label[@]}" --cases volumes/cases.tsv --case "$case_id" --output-dir many --nifti
expect_same_file direct.nii.gz "many/$case_id.nii.gz"

run "${label[@]}" "${images[@]}" --output three.nii.gz
expect_stderr 'brain mask from flair, t1, t2 alone'
run python3 "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/compare_scan.py" three.nii.gz "$(scan_of "$case_id" flair)"
for code in $(<"$latest_out"); do
  [[ " 0 1 2 4 " == *" $code "* ]] || fail "code $code is none of the data set's"
done

# The input may call its channels otherwise.
renamed=("${images[@]/flair=/FLAIR=}")
run "${label[@]}" "${renamed[@]}" --channels flair=FLAIR --output renamed.nii.gz
expect_same_file renamed.nii.gz three.nii.gz
