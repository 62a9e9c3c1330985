#!/usr/bin/env bash
# Options that do not fit are refused with code 2 before anything is touched.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
manifest=$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml
nifti a.nii.gz
nifti seg.nii.gz --kind label --type uint8
make_cohort scans --cases 3 --seed 1

refused() { expect_error 2 "$1" "$BIN/preprocess" "${@:2}"; }
refused 'no case given'
refused "did you mean '--?output-dir'" --outptu-dir volumes --root scans --manifest "$manifest"
refused 'three ways' --image flair=a.nii.gz --root scans --manifest "$manifest" --output o.h5
refused 'needs --manifest' --root scans --output-dir volumes
refused 'expected NAME=FILE' --image a.nii.gz --output o.h5
refused 'given twice' --image t1=a.nii.gz --image t1=a.nii.gz --output o.h5
refused '\.h5' --image t1=a.nii.gz --output o.nii.gz
refused 'codes of label' --image t1=a.nii.gz --label seg.nii.gz --output o.h5
refused 'NAME=CODE' --image t1=a.nii.gz --label seg.nii.gz --classes 1,2 --output o.h5
refused 'code 1 given twice' --image t1=a.nii.gz --label seg.nii.gz --classes A=1,B=1 --output o.h5
refused 'asks for 335 cases, there are 3' --root scans --manifest "$manifest" --split 200,66,69 \
  --output-dir volumes
refused 'folds' --root scans --manifest "$manifest" --folds 4 --output-dir volumes
refused 'no case .Brats18_X' --root scans --manifest "$manifest" --case Brats18_X \
  --output-dir volumes
refused '(clip|recipe).*did you mean' --root scans --manifest "$manifest" --output-dir volumes \
  --recipe <(echo 'clip-sgima = 3')
expect_no_file volumes o.h5

echo precious >o.h5
refused 'o.h5.*--force' --image t1=a.nii.gz --output o.h5
expect_equal "$(cat o.h5)" precious
mkdir volumes
echo precious >volumes/cases.tsv
refused 'cases.tsv.*--force' --root scans --manifest "$manifest" --output-dir volumes
expect_equal "$(ls volumes)" cases.tsv
