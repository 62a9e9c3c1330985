#!/usr/bin/env bash
# A table of somebody else's split goes into the sheet, and cases are chosen by its columns.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
echo case,flair >scans.csv
for p in Brats18_2013_0_1 Brats18_2013_11_1 Brats18_2013_17_1; do
  nifti "$p.nii.gz" --seed 1
  echo "$p,$p.nii.gz" >>scans.csv
done
run "$BIN/preprocess" --cases scans.csv --output-dir volumes \
  --columns "$KDSEG_SOURCE_DIR/data-manifest/brats-2018-splits.tsv"
expect_equal "$(head -n 1 volumes/cases.tsv | cut -f 6-)" $'split-1\tsplit-2\tsplit-3'
expect_equal "$(awk -F'\t' '$6 == "test" {print $1}' volumes/cases.tsv)" Brats18_2013_17_1
run "$BIN/preprocess" --cases volumes/cases.tsv --where split-2=val --output-dir chosen
expect_equal "$(sed 1d chosen/cases.tsv | cut -f 1)" Brats18_2013_11_1
printf 'case\tsplit\tfold\nBrats18_2013_0_1\ttrain\t0\nBrats18_2013_11_1\tval\t1\n' >own.tsv
run "$BIN/preprocess" --cases volumes/cases.tsv --columns own.tsv --sheet own_sheet.tsv
expect_stderr '1 of 3 cases are not listed'
expect_equal "$(sed 1d own_sheet.tsv | cut -f 4,5 | tr '\t\n' ' |')" 'train 0|val 1| |'
printf 'case\tsplit\nelsewhere\ttrain\n' >other.tsv
expect_error 3 'none of the 3 cases' "$BIN/preprocess" --cases volumes/cases.tsv --columns other.tsv \
  --sheet other_sheet.tsv
expect_no_file other_sheet.tsv
