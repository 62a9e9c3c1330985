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
main: [one, two, both, distilled]
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
called pool "python3 workflow/scripts/sheet.py compose brain=$root/volumes/cases.tsv --pool brain=test:0.5 --seed pool --output $root/volumes/study.tsv"
called dealt 'preprocess .* --split-seed pool --split 4,2,2 '
called labelled "pretrain .*--cases $root/volumes/study.tsv +--where split=train --where pool!=yes --validate split=val --validate pool!=yes --init $root/one/fold0_seed0/checkpoint.h5"
models="--model $root/one/fold0_seed0/checkpoint.h5 --model $root/two/fold0_seed0/checkpoint.h5"
called annotated "ensemble-label $models +--cases $root/volumes/study.tsv --where pool=yes --annotate soft .*annotated-soft/cases.tsv"
called mean "ensemble-label $models +--cases $root/volumes/study.tsv --where split=test "
called distilled "pretrain .*--cases $root/both/fold0_seed0/annotated-soft/all.tsv .*--output $root/distilled/fold0_seed0/checkpoint.h5"
called tested "evaluate --cases $root/volumes/study.tsv --where split=test .*--output $root/distilled/fold0_seed0/cases.csv"
