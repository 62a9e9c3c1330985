#!/usr/bin/env bash
# Sheets of scans that contradict themselves or name missing files are refused by line and case.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
nifti a.nii.gz
refused() {
  printf '%s\n' "${@:3}" >scans.csv
  expect_error "$1" "$2" "$BIN/preprocess" --cases scans.csv --output-dir volumes
  expect_no_file volumes
}
refused 3 'case p1 is listed twice \(lines 2 and 3\)' case,flair p1,a.nii.gz p1,a.nii.gz
refused 3 'case p2: no scan at all: no flair, no t1 \(scans.csv:3\)' case,flair,t1 p1,a.nii.gz,a.nii.gz p2,,
refused 3 'case p1: no file b.nii.gz' case,flair p1,b.nii.gz
refused 3 'scans.csv.*case' patient,flair p1,a.nii.gz
refused 3 'scans.csv.*[23]' case,flair p1,a.nii.gz,more
refused 3 'no column of scans' case,stratum p1,HGG
refused 3 'no case id' case,flair ../p1,a.nii.gz
refused 2 'codes of label' case,flair,label p1,a.nii.gz,a.nii.gz
expect_error 3 'absent.csv' "$BIN/preprocess" --cases absent.csv --output-dir volumes
