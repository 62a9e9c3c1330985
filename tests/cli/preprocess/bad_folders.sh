#!/usr/bin/env bash
# A folder without a case of the data set, or with a case that cannot be used, is refused by name.
source "$KDSEG_TEST_LIB"
manifest=$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml
refused() {
  expect_error 3 "$1" "$BIN/preprocess" --manifest "$manifest" --output-dir volumes "${@:2}"
  expect_no_file volumes/cases.tsv
}
mkdir -p empty other/patient1
touch other/patient1/scan.dcm
refused 'no case folder of BraTS 2018.*Brats18_' --root empty
refused "found e.g. .patient1/scan.dcm" --root other
refused 'absent' --root absent

make_cohort scans --cases 3 --seed 1
victim=$(find scans -name '*_t1ce.nii.gz' | sort | sed -n 1p)
id=$(basename "$(dirname "$victim")")
mv "$victim" kept.nii.gz
refused "case $id: no t1ce scan" --root scans
head -c 300 kept.nii.gz >"$victim"
refused "case $id: .*_t1ce.nii.gz" --root scans
