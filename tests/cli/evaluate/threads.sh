#!/usr/bin/env bash
# The number of threads changes no byte of the results.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

mkdir reference prediction
for i in 1 2 3 4 5 6 7; do
  label_map reference/case$i.nii.gz 16,16,16 1=2:9,3:10,$i:12 2=10:14,10:1$((i % 5)),2:9
  label_map prediction/case$i.nii.gz 16,16,16 1=2:$((i + 3)),3:11,2:12 2=10:13,9:14,$i:9
done
for threads in 1 2; do
  run "$BIN/evaluate" --prediction prediction --reference reference --metrics all \
    --threads $threads --output cases$threads.csv --summary summary$threads.json
  cp "$latest_out" printed$threads
done
expect_same_file cases1.csv cases2.csv
expect_same_file summary1.json summary2.json
expect_same_file printed1 printed2
