#!/usr/bin/env bash
# Cases of one patient never end up in two splits.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
nifti scan.nii.gz
nifti seg.nii.gz --kind label --codes 1 2 3 --type uint8
manifest=$KDSEG_SOURCE_DIR/data-manifest/brats-2023-gli.yaml
for patient in 00001 00002 00003 00004 00005 00006; do
  for visit in 000 001; do
    id=BraTS-GLI-$patient-$visit
    mkdir -p "scans/$id"
    for s in t1n t1c t2w t2f; do cp scan.nii.gz "scans/$id/$id-$s.nii.gz"; done
    cp seg.nii.gz "scans/$id/$id-seg.nii.gz"
  done
done
run "$BIN/preprocess" --manifest "$manifest" --root scans --split 6,2,4 --output-dir volumes
expect_stderr '12 cases of 6 patients'
expect_equal "$(tail -n +2 volumes/cases.tsv | cut -f 4,6 | sort -u | wc -l)" 6
expect_equal "$(cut -f 4 volumes/cases.tsv | grep -c train)" 6
