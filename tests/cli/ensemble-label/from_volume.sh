#!/usr/bin/env bash
# One stored volume gives one prediction, the same as from a sheet, or a label file.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network student.h5 flair,t1,t2
case_id=$(first_case val)
label=("$BIN/ensemble-label" --model student.h5 "${on_cpu[@]}")
run "${label[@]}" --input "volumes/$case_id.h5" --output one.h5
run "${label[@]}" --cases volumes/cases.tsv --case "$case_id" --output-dir many
run "$BIN/evaluate" --prediction one.h5 --reference "volumes/$case_id.h5" --output one.csv
run "$BIN/evaluate" --prediction "many/$case_id.h5" --reference "volumes/$case_id.h5" --output many.csv
expect_same_file one.csv many.csv

run "${label[@]}" --input "volumes/$case_id.h5" --output one.nii.gz --probability
expect_file one.nii.gz one_prob.nii.gz
run python3 "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/compare_scan.py" one.nii.gz "$(scan_of "$case_id" flair)"
