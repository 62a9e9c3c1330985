#!/usr/bin/env bash
# TERM ends a training within two seconds while it still reads headers and fits its recipe, with nothing half written.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
# The same volumes under thousands of names: a set-up of many seconds.
awk -F'\t' -v OFS='\t' 'NR == 1 { print; next } { for (i = 0; i < 2000; ++i) { $1 = "p" NR "_" i; print } }' \
  volumes/cases.tsv > volumes/many.tsv
for seconds in 1 4; do
  "$BIN/pretrain" --cases volumes/many.tsv --where split=train --validate split=val --device cpu --threads 1 \
    --config settings.ini --output a.h5 > "$latest_out" 2> "$latest_err" &
  process=$!
  await_handlers "$process"
  sleep "$seconds"
  kill -0 "$process" || fail 'it ended before the signal'
  kill -TERM "$process"
  began=$(date +%s%N)
  code=0
  wait "$process" || code=$?
  took=$((($(date +%s%N) - began) / 1000000))
  expect_equal "$code" 75
  ((took < 2000)) || fail "$took ms from the signal to the end"
  expect_no_file a.h5 a.h5.run/failed
  expect_equal "$(ls -A | grep unfinished || true)" '' 'left over'
done
