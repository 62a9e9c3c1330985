#!/usr/bin/env bash
# Hearts in CT and MR: the same bytes whatever the threads, a continued run ends as an uninterrupted one, and settings of
# the other anatomy are refused.
source "$KDSEG_TEST_LIB"
hearts=(--anatomy heart --spacing 8 --cases 4)
run "$BIN/phantom" "${hearts[@]}" --seed 3 --threads 1 --output-dir one
expect_stderr "gate least-ml-lv: "
run "$BIN/phantom" "${hearts[@]}" --seed 3 --threads 3 --output-dir two
run "$BIN/phantom" "${hearts[@]}" --seed 4 --threads 2 --output-dir other
diff -r one two || fail "threads changed the bytes"
for file in ct_train/ct_train_1001 mr_train/mr_train_1004; do
  cmp -s "one/${file}_image.nii.gz" "other/${file}_image.nii.gz" && fail "the seed changed nothing"
  grep -aq SYNTHETIC <(gzip -dc "one/${file}_label.nii.gz") || fail "the header does not say SYNTHETIC"
done

"$BIN/phantom" --anatomy heart --spacing 4 --cases 20 --gates report --threads 1 --output-dir part 2>.latest/stderr &
job=$!
for _ in $(seq 200); do
  [[ -n $(find part -name '*_image.nii.gz' -print -quit 2>/dev/null) ]] && break
  sleep 0.05
done
kill -TERM "$job"
code=0
wait "$job" || code=$?
expect_equal "$code" 75
expect_no_file part/cohort.json
run "$BIN/phantom" --anatomy heart --spacing 4 --cases 20 --gates report --threads 2 --output-dir part
expect_stderr "continuing"
run "$BIN/phantom" --anatomy heart --spacing 4 --cases 20 --gates report --threads 2 --output-dir whole
diff -r part whole || fail "the continued cohort differs"

expect_error 2 "kappa: is a setting of --anatomy brain" "$BIN/phantom" "${hearts[@]}" --kappa 0.5 --output-dir made
expect_error 2 "lv-wall: is a setting of --anatomy heart" "$BIN/phantom" --lv-wall 9,10 --output-dir made
expect_error 2 "did you mean 'label-header'" "$BIN/phantom" "${hearts[@]}" --plant label-haeder --output-dir made
expect_error 2 "1 to 8" "$BIN/phantom" "${hearts[@]}" --plant plain-nii=9 --output-dir made
expect_no_file made
