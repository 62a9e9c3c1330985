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
  ends_within_two_seconds $! "$seconds"
  expect_no_file a.h5 a.h5.run/failed
  expect_equal "$(ls -A | grep unfinished || true)" '' 'left over'
done
