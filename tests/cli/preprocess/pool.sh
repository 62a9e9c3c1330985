#!/usr/bin/env bash
# preprocess sets a pool apart in cases.tsv: the sizes of Nalwade & Kisa's protocol from proportions alone, patients kept
# together, cases in the pool or in a split but never in both; a pool needs no labels, and no score is taken on it.
source "$KDSEG_TEST_LIB"
mkdir volumes
{
  printf 'case\tfile\tstratum\tsplit\tfold\n'
  for i in $(seq 0 258); do printf 'H%03d\tv.h5\tHGG\t\t\n' "$i"; done
  for i in $(seq 0 75); do printf 'L%03d\tv.h5\tLGG\t\t\n' "$i"; done
} > volumes/cases.tsv
echo made > volumes/v.h5
deal() { run "$BIN/preprocess" --cases volumes/cases.tsv "${@:2}" --sheet "$1"; }
count() { awk -F'\t' "NR > 1 && $2 {n++} END {print n + 0}" "$1"; }
deal local.tsv --split 335,66,191 --proportions --pool val=0.5 --pool test=0.2 --split-seed distill-v1
expect_equal "$(head -n 1 local.tsv | tr '\t' ' ')" 'case file stratum split fold pool'
for wanted in '$4=="train" 190' '$4=="val" 19' '$4=="test" 86' '$6=="yes" 40' '$6=="yes"&&$4!="" 0' '$6=="yes"&&$3=="HGG" 31' \
  '$4=="test"&&$3=="LGG" 20' '$4=="train"&&$3=="HGG" 147'; do
  expect_equal "$(count local.tsv "${wanted% *}")" "${wanted##* }" "$wanted"
done
# The same whatever the order of the sheet; another seed sets other cases apart.
{ head -n 1 volumes/cases.tsv; tail -n +2 volumes/cases.tsv | tac; } > turned && mv turned volumes/cases.tsv
deal turned.tsv --split 335,66,191 --proportions --pool val=0.5 --pool test=0.2 --split-seed distill-v1
expect_equal "$(sort turned.tsv | sha256sum)" "$(sort local.tsv | sha256sum)"
deal other.tsv --split 335,66,191 --proportions --pool val=0.5 --pool test=0.2 --split-seed distill-v2
[[ "$(sort other.tsv)" != "$(sort local.tsv)" ]] || fail 'another seed gives the same pool'
# A cohort for cross-validation beside a pool of cases without labels: folds leave the pool alone.
deal official.tsv --folds 5 --pool any=62
expect_equal "$(count official.tsv '$6=="yes"') $(count official.tsv '$6=="yes"&&$5!=""') $(count official.tsv '$5=="0"')" '62 0 55'
run "$BIN/preprocess" --cases official.tsv --split 9,1,0 --proportions --sheet again.tsv
expect_equal "$(count again.tsv '$6=="yes"') $(count again.tsv '$6=="yes"&&$4!=""')" '62 0'

refused() { expect_error 2 "$1" "$BIN/preprocess" --sheet no.tsv "${@:2}"; }
refused 'asks for 592 cases, there are 335; --proportions' --cases volumes/cases.tsv --split 335,66,191
refused "pool 'tset=0.5': expected train, val, test or any" --cases volumes/cases.tsv --pool tset=0.5
refused '40 cases are in a pool already' --cases local.tsv --pool train=3
refused '--proportions goes with --split' --cases volumes/cases.tsv --proportions --folds 3
expect_no_file no.tsv
awk -F'\t' -v OFS='\t' '$6 == "yes" {$4 = "train"} {print}' local.tsv > both.tsv
expect_error 3 "both.tsv:[0-9]+: case [HL][0-9]+ is in the pool and in split 'train'" "$BIN/preprocess" --cases both.tsv \
  --where split=train --folds 3 --sheet no.tsv

# Scans of one patient stay together.
{ printf 'case\tfile\tstratum\tsplit\tfold\tpatient\n'; for i in 0 1 2 3 4 5 6 7; do printf 'v%s\tv.h5\t\ttrain\t\tp%s\n' $i $((i / 2)); done; } > volumes/twice.tsv
run "$BIN/preprocess" --cases volumes/twice.tsv --pool train=2 --sheet pairs.tsv
expect_equal "$(awk -F'\t' '$7 == "yes" {print $6}' pairs.tsv | sort | uniq -c | awk '{print $1}' | tr '\n' ' ')" '2 2 '
refused "pool 'train=0.001': the pool would be empty" --cases volumes/twice.tsv --pool train=0.001

# Scans whose pool has lost its labels are taken in, into the same pool; evaluate scores none of it.
make_cohort scans --cases 6 --seed 3 --gates off
manifest=(--manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml" --root scans)
split=(--split 4,0,2 --pool train=2)
run "$BIN/preprocess" "${manifest[@]}" "${split[@]}" --output-dir whole
pool=$(awk -F'\t' '$6 == "yes" {print $1}' whole/cases.tsv)
expect_equal "$(wc -w <<< "$pool")" 2
for case in $pool; do rm scans/*/"$case/${case}_seg.nii.gz"; done
run "$BIN/preprocess" "${manifest[@]}" "${split[@]}" --output-dir bare
expect_same_file whole/cases.tsv bare/cases.tsv
mkdir predictions
first=$(head -n 1 <<< "$pool")
expect_error 3 "case $first is in the pool.*--where pool!=yes" "$BIN/evaluate" --cases whole/cases.tsv --case "$first" \
  --prediction predictions --output cases.csv
expect_no_file cases.csv
