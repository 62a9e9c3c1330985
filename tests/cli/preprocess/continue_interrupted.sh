#!/usr/bin/env bash
# After a failure the same command keeps what was finished; other settings or files are refused.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
echo case,flair >scans.csv
for p in 1 2 3 4; do
  nifti "$p.nii.gz" --seed "$p"
  echo "p$p,$p.nii.gz" >>scans.csv
done
run "$BIN/preprocess" --cases scans.csv --output-dir whole
whole=$(content_of)

nifti 3.nii.gz --kind zero
expect_error 3 'case p3' "$BIN/preprocess" --cases scans.csv --output-dir volumes --threads 1
expect_file volumes/p1.h5 volumes/p2.h5
expect_no_file volumes/p3.h5 volumes/cases.tsv

nifti 3.nii.gz --seed 3
expect_error 2 'volumes: holds the unfinished work of another command.*--force' "$BIN/preprocess" \
  --cases scans.csv --output-dir volumes --store f16
run "$BIN/preprocess" --cases scans.csv --output-dir volumes
expect_stderr '2 of 4 volumes kept'
expect_equal "$(content_of)" "$whole"
expect_file volumes/cases.tsv
expect_no_file volumes/preprocess.journal

# A volume nobody accounts for is not taken over.
rm volumes/cases.tsv
expect_error 2 'p1.h5 exists' "$BIN/preprocess" --cases scans.csv --output-dir volumes
run "$BIN/preprocess" --cases scans.csv --output-dir volumes --force
expect_equal "$(content_of)" "$whole"
