#!/usr/bin/env bash
# U-HeMIS's preparation: content box, padding, histogram; landmarks published or learnt once.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
cat >scans.csv <<'END'
case,t1,t1ce,t2,flair,split
big,b.nii.gz,b.nii.gz,b.nii.gz,b.nii.gz,train
small,s.nii.gz,s.nii.gz,s.nii.gz,s.nii.gz,test
END
nifti b.nii.gz --size 40 24 24 --seed 1
nifti s.nii.gz --size 20 24 20 --seed 2
cp "$KDSEG_SOURCE_DIR/config/experiments/had-net/recipe-hemis.ini" hemis.ini
run "$BIN/preprocess" --cases scans.csv --output-dir sources
run "$BIN/preprocess" --cases sources/cases.tsv --recipe hemis.ini --output-dir published
published=$(content_of)

# Learnt landmarks differ from the published ones and are the training case's alone.
sed 's/^landmarks = published/landmarks = from-train/' hemis.ini >learning.ini
run "$BIN/preprocess" --cases sources/cases.tsv --recipe learning.ini --output-dir learnt
learnt=$(content_of)
id=$(grep -oE 'learning.ini \(id [0-9a-f]{16}\)' .latest/stderr)
[[ "$learnt" != "$published" ]] || fail "landmarks were not learnt"
run "$BIN/preprocess" --cases sources/cases.tsv --where case=big --recipe learning.ini \
  --output-dir alone
expect_equal "$(grep -oE 'learning.ini \(id [0-9a-f]{16}\)' .latest/stderr)" "$id"
expect_error 2 'landmarks = from-train needs training cases' "$BIN/preprocess" \
  --cases sources/cases.tsv --where split=test --recipe learning.ini --output-dir none

# A channel nobody published landmarks for.
sed 's/,t2,/,adc,/' scans.csv >adc.csv
expect_error 3 "landmarks for channel 'adc'" "$BIN/preprocess" --cases adc.csv --recipe hemis.ini \
  --output-dir adc
expect_error 2 "mask-channels has 'adc'" "$BIN/preprocess" --cases adc.csv \
  --recipe <(sed 's/t1 t1ce t2 flair/adc/' hemis.ini) --output-dir adc2
