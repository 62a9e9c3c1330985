#!/usr/bin/env bash
# A new sheet deals other splits over the same volumes, which stay where they are.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
echo case,flair,patient >scans.csv
for p in 0 1 2 3 4 5 6 7 8 9; do
  nifti "$p.nii.gz" --seed "$p"
  echo "SYN_00$p,$p.nii.gz," >>scans.csv
done
run "$BIN/preprocess" --cases scans.csv --output-dir volumes
mkdir sheets
run "$BIN/preprocess" --cases volumes/cases.tsv --split 2,3,5 --split-seed distill-v1 \
  --sheet sheets/split.tsv
# SHA-256 order of these ids: 002,006,005,009,000,001,003,008,004,007.
expect_equal "$(awk -F'\t' '$4 == "train" {print $1}' sheets/split.tsv | tr '\n' ' ')" 'SYN_002 SYN_006 '
expect_equal "$(awk -F'\t' '$4 == "val" {print $1}' sheets/split.tsv | tr '\n' ' ')" \
  'SYN_000 SYN_005 SYN_009 '
expect_file "sheets/$(sed -n 2p sheets/split.tsv | cut -f 2)"
expect_error 2 'split.tsv.*--force' "$BIN/preprocess" --cases volumes/cases.tsv --folds 5 \
  --sheet sheets/split.tsv
run "$BIN/preprocess" --cases volumes/cases.tsv --folds 5 --sheet sheets/folds.tsv
expect_equal "$(cut -f 5 sheets/folds.tsv | sort | uniq -c | awk '$2 ~ /[0-9]/ {print $1}' | tr '\n' ' ')" \
  '2 2 2 2 2 '
expect_error 2 'lists scans' "$BIN/preprocess" --cases scans.csv --folds 5 --sheet sheets/new.tsv
expect_error 2 'needs --split' "$BIN/preprocess" --cases volumes/cases.tsv --sheet sheets/new.tsv
