#!/usr/bin/env bash
# Scans made to break their readers are refused in one line, at once, whatever their libraries would do with them; a
# format of single files never opens another one.
source "$KDSEG_TEST_LIB"
command -v python3 > /dev/null || skip 'python3 makes the files'
corpus=$KDSEG_SOURCE_DIR/tests/fuzz/corpus

# refused PATTERN FILE: in one line, at once (a loaded machine is slow), without output.
refused() {
  local began=$SECONDS
  expect_error 3 "$1" "$BIN/preprocess" --image "t1=$2" --output out.h5 --quiet
  ((SECONDS - began <= 10)) || fail "$2 took $((SECONDS - began)) s"
  expect_no_file out.h5
}

while IFS='|' read -r file pattern; do
  name=${file%%/*}
  ending=$(case $name in meta) echo mha ;; nrrd) echo nrrd ;; dicom) echo dcm ;; nifti) echo nii ;; nifti_gz) echo nii.gz ;; esac)
  cp "$corpus/$file" "hostile.$ending"
  refused "$pattern" "hostile.$ending"
done << 'CASES'
meta/dim-0|dimsize is '0 3 2'; expected 3 whole numbers from 1
meta/ndims-negative|ndims is '-2147483648'; expected a whole number from 1
meta/ndims-huge|ndims
meta/format|ElementDataFile is '%n%n%s'; expected LOCAL
meta/outside|ElementDataFile is '/etc/passwd'; expected LOCAL
meta/list|ElementDataFile
meta/pattern|ElementDataFile
meta/short|cannot hold the 48 bytes
meta/huge|cannot hold
meta/twice|dimsize is given twice
meta/few|expected 3 whole numbers
meta/nan|elementspacing is 'nan 1 1'; expected 3 finite numbers
meta/long-line|a line of 610 bytes
meta/long-comment|comment holds 300 bytes
meta/no-end|no ElementDataFile
meta/header-size|headersize
meta/channels|elementnumberofchannels
meta/type|elementtype is 'MET_OTHER'
meta/nul|control character
nrrd/long-line|a line of 15[0-9][0-9] bytes
nrrd/long-unknown|a line of 1000 bytes
nrrd/outside|data file is '/etc/passwd'; expected none
nrrd/list|data file is 'LIST'
nrrd/dimension|dimension is '2000000000'
nrrd/dimension-0|dimension is '0'
nrrd/sizes-0|sizes is '0 3 2'
nrrd/sizes-huge|cannot hold
nrrd/sizes-few|expected 3 whole numbers
nrrd/directions|space directions
nrrd/nan|space directions
nrrd/type|type is 'block'
nrrd/encoding|encoding is 'bzip2'
nrrd/byte-skip|byte skip is '999999'
nrrd/magic|NRRD0001
nrrd/cut|no (sizes|dimension|encoding)
nrrd/kinds|kinds is 'domain'; expected 3 words
dicom/cut-200|hostile.dcm
dicom/cut-300|hostile.dcm
dicom/cut-160|hostile.dcm
dicom/huge-rows|hostile.dcm
dicom/frames-huge|hostile.dcm
dicom/text|hostile.dcm
dicom/magic|hostile.dcm
nifti/no-magic|no NIfTI magic at byte 344
nifti/pair-magic|comes apart from its voxels
nifti/negative-dim|-4 voxels along axis 0
nifti/bitpix|8 bits per voxel, voxel type int16 has 16
nifti/pixdim-0|voxel spacing 0 along axis 0
nifti/pixdim-nan|voxel spacing nan along axis 0
nifti/srow-nan|position in the header is not a number
nifti/slope-inf|slope inf
nifti/offset-0|voxels begin at byte 0, expected at least 352
nifti/offset-nan|voxels begin at byte nan
nifti/offset-huge|cannot hold
nifti/huge|cannot hold
nifti/cut|truncated or damaged
nifti_gz/huge|cannot hold
nifti_gz/bomb|1132 bytes cannot hold the 8388960 bytes
nifti_gz/crc|incorrect data check
nifti_gz/cut|unexpected end of file
nifti_gz/two-members|goes on behind the 48 bytes
CASES

# Voxels in one regular file beside a detached header are fine; anywhere else they are refused.
sed -n '1,/^ElementDataFile/p' "$corpus/meta/good" | sed '$d' > header
tail -c 48 "$corpus/meta/good" > voxels.raw
mhd() { { cat header; printf 'ElementDataFile = %s\n' "$1"; } > detached.mhd; }
mhd voxels.raw
run "$BIN/preprocess" --image t1=detached.mhd --output good.h5 --quiet
mkdir -p elsewhere
cp voxels.raw elsewhere/
mkfifo pipe.raw
for file in elsewhere/voxels.raw ../voxels.raw /dev/zero .voxels.raw 'v%d.raw 1 2 1'; do
  mhd "$file"
  refused 'the name of one file' detached.mhd
done
mhd pipe.raw
refused 'not a regular file' detached.mhd
mhd absent.raw
refused 'voxels are missing' detached.mhd
