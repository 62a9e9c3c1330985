#!/usr/bin/env bash
# The same command always ends: after a kill, and after one of two outputs could not be written. What another command
# left is not taken over.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@" --kind label --type uint8; }
nifti a.nii.gz --seed 1
nifti b.nii.gz --seed 2
evaluate=("$BIN/evaluate" --prediction a.nii.gz --reference b.nii.gz)

# The summary cannot be written (its place is a folder's), the table was.
mkdir -p out
(ulimit -f 0; trap '' XFSZ; "${evaluate[@]}" --output out/cases.csv --summary out/summary.json) > /dev/null 2>&1 && fail 'no disk'
expect_equal "$(ls -A out)" '' 'left over'

# Killed behind the first of two outputs: what such a call leaves.
run "${evaluate[@]}" --output out/cases.csv --summary out/summary.json
cp out/cases.csv whole.csv
mkdir late
for _ in 1 2 3 4 5 6 7 8; do
  "${evaluate[@]}" --output late/cases.csv --summary late/summary.json > /dev/null 2>&1 &
  process=$!
  until [ -e late/cases.csv ] || ! kill -0 "$process" 2> /dev/null; do :; done
  kill -KILL "$process" 2> /dev/null || true
  wait "$process" || true
  [ ! -e late/.cases.csv.unfinished ] || break
  rm -rf late
  mkdir late
done
if [ -e late/.cases.csv.unfinished ]; then
  expect_error 2 'exists; --force' "${evaluate[@]}" --output late/cases.csv
  run "${evaluate[@]}" --output late/cases.csv --summary late/summary.json
  expect_same_file late/cases.csv whole.csv
  expect_equal "$(ls -A late | tr '\n' ' ')" 'cases.csv summary.json '
fi

expect_error 2 'exists; --force' "${evaluate[@]}" --output out/cases.csv --summary out/summary.json
expect_error 2 '--output and --comparison both name|--comparison and --output both name' "${evaluate[@]}" --output x.csv --comparison ./x.csv
expect_error 2 'is an input' "$BIN/evaluate" --table out/cases.csv --summary out/cases.csv --force
expect_equal "$(ls -A . | grep -c unfinished || true)" 0 'marks'
