#!/usr/bin/env bash
# Scans that cannot be used end the run with one clear line, code 3 and no output.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
nifti good.nii.gz --seed 1
nifti other_shape.nii.gz --size 12 11 9
nifti nan.nii --type float32 --nan 3
nifti empty.nii.gz --kind zero
nifti label.nii.gz --kind label --type uint8
nifti unknown.nii.gz --kind label --codes 1 2 7
nifti cut.nii.gz --truncate 200
nifti short.nii --truncate 1000
echo 'no scan' >text.nii.gz
mkdir folder.nii.gz

refused() {
  expect_error 3 "$1" "$BIN/preprocess" --output out.h5 "${@:2}"
  expect_no_file out.h5
}
refused 'case out: .*(12x11x9|12x11x10).*(12x11x9|12x11x10)' \
  --image flair=good.nii.gz --image t1=other_shape.nii.gz
refused 'nan.nii.*3 ' --image flair=nan.nii
refused 'every voxel of flair is 0' --image flair=empty.nii.gz
refused 'code.* 7' --image flair=good.nii.gz --label unknown.nii.gz --classes NCR=1,ED=2,ET=4
refused 'absent.nii.gz' --image flair=good.nii.gz --image t1=absent.nii.gz
refused 'cut.nii.gz' --image flair=cut.nii.gz
refused 'short.nii' --image flair=short.nii
refused 'text.nii.gz' --image flair=text.nii.gz
refused 'folder.nii.gz' --image flair=folder.nii.gz
refused '12x11x9' --image flair=other_shape.nii.gz --label label.nii.gz --classes NCR=1,ED=2,ET=4
