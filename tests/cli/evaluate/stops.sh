#!/usr/bin/env bash
# TERM ends an evaluation in good order within two seconds, also while intervals are drawn.
source "$KDSEG_TEST_LIB"
{
  echo case,region,metric,value,status,unit
  for i in $(seq 2000); do echo "p$i,ET,dice,0.$((RANDOM % 9000 + 1000)),normal,1"; done
} > cases.csv
"$BIN/evaluate" --table cases.csv --bootstrap 1000000 --summary summary.json > "$latest_out" 2> "$latest_err" &
ends_within_two_seconds $! 1.5
expect_equal "$(ls -A | grep summary || true)" '' 'left over'
