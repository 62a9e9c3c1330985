#!/usr/bin/env bash
# A run that is told to stop ends with 75, and the same command ends with the bytes of an
# uninterrupted run.
source "$KDSEG_TEST_LIB"
cohort=(--grid 48,56,40 --spacing 4 --cases 10 --gates report --threads 1)
"$BIN/phantom" "${cohort[@]}" --output-dir part 2>.latest/stderr &
job=$!
for _ in $(seq 200); do
  [[ -n $(find part -path '*Brats18*_seg.nii.gz' -print -quit 2>/dev/null) ]] && break
  sleep 0.05
done
kill -TERM "$job"
code=0
wait "$job" || code=$?
[[ $code == 75 ]] || fail "exit code $code, expected 75"
expect_no_file part/cohort.json
expect_error 2 "other settings" "$BIN/phantom" "${cohort[@]}" --seed 9 --output-dir part
run "$BIN/phantom" "${cohort[@]}" --output-dir part
expect_stderr "continuing"
run "$BIN/phantom" "${cohort[@]}" --output-dir whole
diff -r part whole || fail "the continued cohort differs"
