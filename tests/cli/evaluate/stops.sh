#!/usr/bin/env bash
# TERM ends an evaluation in good order within two seconds, also while intervals are drawn.
source "$KDSEG_TEST_LIB"
{
  echo case,region,metric,value,status,unit
  for i in $(seq 2000); do echo "p$i,ET,dice,0.$((RANDOM % 9000 + 1000)),normal,1"; done
} > cases.csv
"$BIN/evaluate" --table cases.csv --bootstrap 1000000 --summary summary.json > "$latest_out" 2> "$latest_err" &
process=$!
await_handlers "$process"
sleep 1.5
kill -0 "$process" || fail 'it ended before the signal'
kill -TERM "$process"
began=$(date +%s%N)
code=0
wait "$process" || code=$?
took=$((($(date +%s%N) - began) / 1000000))
expect_equal "$code" 75
((took < 2000)) || fail "$took ms from the signal to the end"
expect_equal "$(ls -A | grep summary || true)" '' 'left over'
