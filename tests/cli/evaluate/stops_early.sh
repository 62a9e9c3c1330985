#!/usr/bin/env bash
# A signal ends a long evaluation with code 75; a table that holds only some of the cases is never written.
source "$KDSEG_TEST_LIB"
make_cohort scans --cases 1 --gates off
label=$(ls scans/*/*/*_seg.nii.gz)
printf 'case,reference,prediction\n' > pairs.csv
for i in $(seq 20000); do printf 'c%d,%s,%s\n' "$i" "$label" "$label"; done >> pairs.csv
"$BIN/evaluate" --pairs pairs.csv --regions WT=1,2,4 --threads 1 --output cases.csv > "$latest_out" 2> "$latest_err" &
process=$!
await_handlers $process
sleep 1
kill -TERM $process
code=0
wait $process || code=$?
expect_equal "$code" 75
expect_no_file cases.csv
