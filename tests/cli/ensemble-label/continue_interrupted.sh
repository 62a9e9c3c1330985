#!/usr/bin/env bash
# A stopped run over many cases ends with code 75; the same command keeps what was finished and
# ends with the same content as an uninterrupted run.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network student.h5 flair,t1,t2
make_network other.h5 flair,t1,t2 --seed 9
for kind in h5 nii.gz; do
  flags=()
  [[ $kind == h5 ]] || flags=(--nifti --probability)
  label=("$BIN/ensemble-label" --model student.h5 "${on_cpu[@]}" --cases volumes/cases.tsv "${flags[@]}")
  run "${label[@]}" --output-dir "whole.$kind"
  whole=$(content_of)

  "${label[@]}" --output-dir "part.$kind" >"$latest_out" 2>"$latest_err" &
  process=$!
  for _ in $(seq 1200); do
    [[ -s part.$kind/ensemble-label.journal ]] && break
    kill -0 "$process" 2>/dev/null || break
    sleep 0.02
  done
  kill -INT "$process" 2>/dev/null || true
  code=0
  wait "$process" || code=$?
  if [[ $code == 0 ]]; then  # it was faster than the signal: leave what a stop would have left
    skip 'the run ended before the signal came'
  fi
  expect_equal "$code" 75
  expect_file "part.$kind/ensemble-label.journal"

  # Predictions of another network are not taken for finished ones.
  expect_error 2 'unfinished work of another command' "$BIN/ensemble-label" --model other.h5 "${on_cpu[@]}" --cases volumes/cases.tsv \
    "${flags[@]}" --output-dir "part.$kind"
  run "${label[@]}" --output-dir "part.$kind"
  expect_stderr '[1-4] of 5 predictions kept'
  expect_equal "$(content_of)" "$whole" 'continued'
  expect_no_file "part.$kind/ensemble-label.journal"
  for file in whole."$kind"/*; do expect_file "part.$kind/$(basename "$file")"; done
done
