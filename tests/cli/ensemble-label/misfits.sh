#!/usr/bin/env bash
# Cases that do not fit a network are refused with what was found and what was expected.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network teacher.h5 flair,t1ce,t1,t2
case_id=$(first_case val)
images=()
for channel in flair t1 t2; do images+=(--image "$channel=$(scan_of "$case_id" "$channel")"); done
run "$BIN/preprocess" "${images[@]}" --output few.h5
label=("$BIN/ensemble-label" --model teacher.h5 "${on_cpu[@]}")

expect_error 3 'case few: 3 channels \(flair,t1,t2\), teacher.h5 expects 4 \(flair,t1ce,t1,t2\)' \
  "${label[@]}" --input few.h5 --output out.h5
expect_error 3 '3 channels \(flair,t1,t2\), teacher.h5 expects 4' "${label[@]}" "${images[@]}" --output out.nii.gz
expect_error 2 "no model has a channel 'flare'; did you mean 'flair'" \
  "${label[@]}" --image "flare=$(scan_of "$case_id" flair)" --output out.nii.gz
expect_error 3 'absent.nii.gz' "${label[@]}" --image flair=absent.nii.gz --output out.nii.gz
expect_error 3 'absent.h5' "${label[@]}" --input absent.h5 --output out.h5
expect_error 3 'teacher.h5: a checkpoint file, expected a volume file' "${label[@]}" --input teacher.h5 --output out.h5

# Volumes that another recipe prepared.
printf 'name = other\nsize = 64 64 64\n' > other.ini
run "$BIN/preprocess" --cases volumes/cases.tsv --case "$case_id" --recipe other.ini --output-dir prepared
expect_error 3 "case $case_id: prepared by recipe [0-9a-f]*, teacher.h5 expects source volumes or recipe" \
  "${label[@]}" --input "prepared/$case_id.h5" --output out.h5
expect_no_file out.h5 out.nii.gz
