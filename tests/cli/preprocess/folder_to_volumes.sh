#!/usr/bin/env bash
# A data set's folder becomes one volume per case and a sheet with the split that was asked for.
source "$KDSEG_TEST_LIB"
manifest=$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml
make_cohort scans --cases 6 --seed 3

run "$BIN/preprocess" --manifest "$manifest" --root scans --split 3,1,2 --output-dir volumes --threads 2
expect_stderr 'volumes/cases.tsv: 6 cases, test 2, train 3, val 1'
two_threads=$(content_of)
expect_equal "$(head -n 1 volumes/cases.tsv)" $'case\tfile\tstratum\tsplit\tfold'
expect_equal "$(grep -c . volumes/cases.tsv)" 7
for split in train:3 val:1 test:2; do
  expect_equal "$(cut -f 4 volumes/cases.tsv | grep -c "^${split%:*}$")" "${split#*:}"
done
while read -r case file _; do
  [[ $case == case ]] || expect_file "volumes/$file"
done <volumes/cases.tsv
expect_no_file volumes/preprocess.journal

# The same content on one thread, and nothing said when quiet (but warnings: the cohort is small).
run "$BIN/preprocess" --manifest "$manifest" --root scans --split 3,1,2 --output-dir again --threads 1
expect_equal "$(content_of)" "$two_threads"
expect_same_file volumes/cases.tsv again/cases.tsv
