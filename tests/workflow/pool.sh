#!/usr/bin/env bash
# A semi-supervised experiment is planned: cases set apart without labels are in no training until a mean of two networks
# has annotated them; then one method trains on them too, and all rows are scored on the same cases, which are none of them.
source "$(dirname "$0")/common.bash"
mkdir -p config/experiments/pool
cp config/experiments/had-net/{student,recipe}.ini config/experiments/pool
cp config/scales/tiny/had-net.ini config/scales/tiny/pool.ini
cat > config/experiments/pool/experiment.yaml <<'YAML'
title: A pool
citation: none
cohorts:
  brain: {manifest: brats-2018, pool: {test: 0.5}}
recipe: recipe.ini
split: [4, 2, 2]
split_seed: pool
regions: {WT: whole tumor}
methods:
  one: {label: One, program: pretrain, settings: [student.ini]}
  two: {label: Two, program: pretrain, settings: [student.ini], init: one}
  both: {label: Both, members: [one, two]}
  distilled: {label: Distilled, program: pretrain, settings: [student.ini], annotated: {by: both, labels: soft}}
  bound: {label: True labels, program: pretrain, settings: [student.ini], true_labels: true}
main: [one, two, both, distilled, bound]
reference: distilled
comparisons: {distilled: [both]}
rivals: [both]
metrics: {dice: {score: dice, digits: 3}}
tables:
  "1": {caption: Dice, metric: dice, rows: {Ensemble: both, Distilled: distilled}}
verdict:
  - {metric: dice, regions: [WT], above: [[distilled], [both]]}
YAML
printf 'table,row,column,metric,value,std,note\n1,Ensemble,WT,dice,0.5,,\n1,Distilled,WT,dice,0.5,,\n' > config/experiments/pool/claimed.csv
options+=(--dry-run -p)
workflow scale=tiny paper=pool device=cpu || { cat log.txt; fail "no plan"; }
root=results/pool/tiny
# called WHAT PATTERN: exactly one call of the plan has it.
called() { [ "$(grep -cE "^Shell command: exec $2" log.txt)" = 1 ] || { grep '^Shell' log.txt; fail "$1: not planned once: $2"; }; }
called dealt 'preprocess .* --pool test=0.5 --split-seed pool --split 4,2,2 '
called labelled "pretrain .*--cases $root/volumes/cases.tsv +--where split=train --where pool!=yes --validate split=val --validate pool!=yes --init $root/one/fold0_seed0/checkpoint.h5"
models="--model $root/one/fold0_seed0/checkpoint.h5 --model $root/two/fold0_seed0/checkpoint.h5"
called annotated "ensemble-label $models +--cases $root/volumes/cases.tsv --where pool=yes --annotate soft .*annotated-soft/cases.tsv"
called mean "ensemble-label $models +--cases $root/volumes/cases.tsv --where split=test "
called distilled "pretrain .*--cases $root/both/fold0_seed0/annotated-soft/all.tsv .*--output $root/distilled/fold0_seed0/checkpoint.h5"
called tested "evaluate --cases $root/volumes/cases.tsv --where split=test .*--output $root/distilled/fold0_seed0/cases.csv"
called bound "pretrain .*--cases $root/volumes/cases.opened.tsv +--where split=train --where pool!=yes --validate split=val "
called 'test of the bound' "evaluate --cases $root/volumes/cases.tsv --where split=test .*--output $root/bound/fold0_seed0/cases.csv"

# A pool for every seed, of the size that the scale says, among the training cases: splits are dealt once, and all of a seed's steps read its own sheet.
sed -i 's/pool: {test: 0.5}/pool: {train: 0.5}/; s/^split: .*/&\npool_by_seed: true\nscales: {tiny: {pool: {train: 2}}}/' config/experiments/pool/experiment.yaml
workflow scale=tiny paper=pool device=cpu 'seeds=[0,7]' || { cat log.txt; fail "no plan"; }
called 'one split' "preprocess --manifest .* --split-seed pool --split 4,2,2 "
for seed in 0 7; do
  called "pool of seed $seed" "preprocess --cases $root/volumes/cases.tsv --pool train=2 +--split-seed $seed --sheet $root/volumes/pool-seed$seed.tsv"
  called "labelled of seed $seed" "pretrain .*--cases $root/volumes/pool-seed$seed.tsv .*--output $root/one/fold0_seed$seed/checkpoint.h5"
  called "annotated of seed $seed" "ensemble-label .*--cases $root/volumes/pool-seed$seed.tsv --where pool=yes .*$root/both/fold0_seed$seed/annotated-soft"
  called "bound of seed $seed" "pretrain .*--cases $root/volumes/pool-seed$seed.opened.tsv .*--output $root/bound/fold0_seed$seed/checkpoint.h5"
  called "test of seed $seed" "evaluate --cases $root/volumes/pool-seed$seed.tsv --where split=test .*--output $root/bound/fold0_seed$seed/cases.csv"
done
sed -i 's/pool: {train: 0.5}/pool: {train: 2, test: 0.5}/' config/experiments/pool/experiment.yaml
! workflow scale=tiny paper=pool || fail "test cases that differ by seed were planned"
grep -q 'pool_by_seed: the pool of brain is not of train alone' log.txt || { cat log.txt; fail "not told"; }
