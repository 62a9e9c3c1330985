#!/usr/bin/env bash
# Raw scans give a label and maps on the scan's own grid; with --nifti so does a sheet.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network student.h5 flair,t1,t2
case_id=$(first_case val)
sample=("$BIN/mcdropout" --model student.h5 "${on_cpu[@]}" --samples 2)
images=()
for channel in flair t1 t2 t1ce; do images+=(--image "$channel=$(scan_of "$case_id" "$channel")"); done

# An output named after the case meets the masks of the case.
run "${sample[@]}" "${images[@]}" --output "$case_id.nii.gz"
expect_file "${case_id}_uncertainty.nii.gz" "${case_id}_prob.nii.gz"
run "${sample[@]}" --cases volumes/cases.tsv --case "$case_id" --output-dir many --nifti --maps mutual-information \
  --probability off
for kind in '' _uncertainty; do expect_same_file "$case_id$kind.nii.gz" "many/$case_id$kind.nii.gz"; done
expect_file "many/${case_id}_mutual-information.nii.gz"
expect_no_file "many/${case_id}_prob.nii.gz"
run python3 "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/compare_scan.py" "$case_id.nii.gz" "$(scan_of "$case_id" flair)"
for code in $(<"$latest_out"); do
  [[ " 0 1 2 4 " == *" $code "* ]] || fail "code $code is none of the data set's"
done
