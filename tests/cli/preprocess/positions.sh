#!/usr/bin/env bash
# Channels and labels are brought together by position: turned exactly, or refused in millimeters.
source "$KDSEG_TEST_LIB"
map() { python3 "$KDSEG_SOURCE_DIR/tests/cli/evaluate/label_map.py" "$@"; }
content=(6,5,4 --spacing 1,2,3 --origin 10,20,30 100=1:5,1:4,0:3 700=2,2,1)
codes=(6,5,4 --spacing 1,2,3 --origin 10,20,30 1=2:4,1:3,1 4=3,3,2)
map t1.nii.gz "${content[@]}"
map seg.nii.gz "${codes[@]}"
map flair.nii.gz "${content[@]}"
import() {
  local out=$1
  shift
  run "$BIN/preprocess" --image t1=t1.nii.gz --classes a=1,b=4 --output "$out" "$@"
}
import upright.h5 --image flair=flair.nii.gz --label seg.nii.gz
upright=$(content_of)
map flair_turned.nii.gz --turn zyx --flip 0,2 "${content[@]}"
map seg_turned.nii.gz --turn yxz --flip 1 "${codes[@]}"
import upright.h5 --force --image flair=flair_turned.nii.gz --label seg_turned.nii.gz
expect_equal "$(content_of)" "$upright" "the same case, whatever the axes of its files"
expect_stderr 'axes turned to those of t1.nii.gz: flair_turned.nii.gz, seg_turned.nii.gz'

map seg_far.nii.gz 6,5,4 --spacing 3.5,3.5,3 --origin 200,-150,250 1=2:4,1:3,1
expect_error 3 'seg_far.nii.gz does not lie where t1.nii.gz lies:.* mm .*--ignore-geometry' "$BIN/preprocess" \
  --image t1=t1.nii.gz --label seg_far.nii.gz --classes a=1,b=4 --output far.h5
expect_no_file far.h5
import far.h5 --label seg_far.nii.gz --ignore-geometry
expect_stderr 'headers differ from t1.nii.gz.* mm'
plain=$(content_of)
map seg_far.nii.gz 6,5,4 --spacing 1,2,3 --origin 10,20,30 1=2:4,1:3,1
import far.h5 --force --label seg_far.nii.gz
[[ $(content_of) != "$plain" ]] || fail "the volume does not say that a label was laid over it"

# One 4D file may hold all sequences; its volumes are named in its order.
python3 - <<'PY'
import gzip, struct
one, other = gzip.open("t1.nii.gz").read(), gzip.open("flair.nii.gz").read()
header = bytearray(one[:352])
struct.pack_into("<5h", header, 40, 4, 6, 5, 4, 2)
open("both.nii", "wb").write(bytes(header) + one[352:] + other[352:])
PY
run "$BIN/preprocess" --image flair,t1=both.nii --output four.h5
four=$(content_of)
run "$BIN/preprocess" --image flair=flair.nii.gz --image t1=t1.nii.gz --output four.h5 --force
expect_equal "$(content_of)" "$four"
expect_error 3 '2 volumes in one file.*--image flair,t1' "$BIN/preprocess" --image t1=both.nii --output x.h5
expect_error 3 '2 volumes in one file; 3 are named' "$BIN/preprocess" --image a,b,c=both.nii --output x.h5
printf 'case\t"flair,t1"\np1\tboth.nii\n' >four.tsv
run "$BIN/preprocess" --cases four.tsv --output-dir four --verbose
listed=$(grep -Eo 'p1.h5: content_sha256 [0-9a-f]{64}' "$latest_err" | cut -d' ' -f3)
run "$BIN/preprocess" --image flair=flair.nii.gz --image t1=t1.nii.gz --output p1.h5
expect_equal "$(content_of)" "$listed" "a sheet's column may name the volumes of 4D files"

# A background of NaN is counted, and 0 where that is said.
map masked.nii.gz --nan "${content[@]}"
expect_error 3 'masked.nii.gz: 84 of 120 voxels are NaN.*--nan zero' "$BIN/preprocess" --image t1=masked.nii.gz --output n.h5
run "$BIN/preprocess" --image t1=masked.nii.gz --nan zero --output n.h5
expect_stderr 'NaN voxels read as 0: t1 84'
masked=$(content_of)
run "$BIN/preprocess" --image t1=t1.nii.gz --output n.h5 --force
expect_equal "$(content_of)" "$masked"
