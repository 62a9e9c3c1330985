#!/usr/bin/env bash
# A stopped run ends with code 75; the same command keeps what was finished and ends with the same
# content as an uninterrupted run, also where values are scaled by the range of all cases.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network student.h5 flair,t1,t2
for normalize in theory minmax-set; do
  sample=("$BIN/mcdropout" --model student.h5 "${on_cpu[@]}" --cases volumes/cases.tsv --samples 3 --normalize "$normalize")
  run "${sample[@]}" --output-dir "whole.$normalize"
  whole=$(content_of)
  expect_no_file "whole.$normalize/unscaled"

  "${sample[@]}" --output-dir "part.$normalize" >"$latest_out" 2>"$latest_err" &
  process=$!
  for _ in $(seq 1200); do
    compgen -G "part.$normalize/*mcdropout.journal" >/dev/null && break
    compgen -G "part.$normalize/unscaled/mcdropout.journal" >/dev/null && break
    kill -0 "$process" 2>/dev/null || break
    sleep 0.02
  done
  kill -INT "$process" 2>/dev/null || true
  code=0
  wait "$process" || code=$?
  if [[ $code == 0 ]]; then
    skip 'the run ended before the signal came'
  fi
  expect_equal "$code" 75
  expect_no_file "part.$normalize/predictions.csv"

  # Other settings are another run.
  expect_error 2 'unfinished work of another command' "${sample[@]}" --output-dir "part.$normalize" --seed 3
  run "${sample[@]}" --output-dir "part.$normalize"
  expect_stderr '[1-4] of 5 predictions kept'
  expect_equal "$(content_of)" "$whole" 'continued'
  expect_equal "$(ls "part.$normalize")" "$(ls "whole.$normalize")"
done

# Stopped while scaling, as far as a signal can come in time.
"${sample[@]}" --output-dir late >"$latest_out" 2>"$latest_err" &
process=$!
until [[ -e late/mcdropout.journal ]] || ! kill -0 "$process" 2>/dev/null; do :; done
kill -INT "$process" 2>/dev/null || true
code=0
wait "$process" || code=$?
[[ $code != 0 ]] || skip 'scaling ended before the signal came'
expect_equal "$code" 75
expect_file late/unscaled/mcdropout.journal
expect_no_file late/predictions.csv
run "${sample[@]}" --output-dir late
expect_stderr '5 of 5 predictions kept'
expect_equal "$(content_of)" "$whole" 'continued while scaling'
expect_equal "$(ls late)" "$(ls whole.minmax-set)"
