#!/usr/bin/env bash
# One case from explicit files: a volume, its content id, and no words when quiet.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
nifti flair.nii.gz --seed 1
nifti t1.nii --seed 2 --type float32
nifti seg.nii.gz --kind label --type uint8

run "$BIN/preprocess" --image flair=flair.nii.gz --image t1=t1.nii --label seg.nii.gz \
  --classes NCR=1,ED=2,ET=4 --output case.h5 --quiet
expect_quiet
expect_file case.h5
run "$BIN/preprocess" --image flair=flair.nii.gz --image t1=t1.nii --label seg.nii.gz \
  --classes NCR=1,ED=2,ET=4 --output case.h5 --force
expect_stderr 'case.h5: content_sha256 [0-9a-f]{64}$'
