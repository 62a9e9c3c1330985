#!/usr/bin/env bash
# A mistake in experiment.yaml ends the workflow before anything else, with one line that names the file, the key and
# what would be right.
source "$(dirname "$0")/common.bash"
file=config/experiments/had-net/experiment.yaml
cp $file kept.yaml

# told CHANGE WORDS: with a sed script applied, the only line printed names the file and says WORDS.
told() {
  sed "$1" kept.yaml > $file
  cmp -s $file kept.yaml && fail "nothing is changed by: $1"
  if PYTHONPATH=workflow/scripts python3 -c "import experiment; experiment.load('$file')" > log.txt 2>&1; then fail "taken with: $1"; fi
  [ "$(wc -l < log.txt)" = 1 ] || { cat log.txt; fail "more than a line about: $1"; }
  grep -qF "workflow: error: $file" log.txt || { cat log.txt; fail "the file is not named for: $1"; }
  grep -qF "$2" log.txt || { cat log.txt; fail "not told: $2"; }
}
told '0,/program: pretrain/s//progam: pretrain/' "methods.teacher.progam: unknown key; did you mean 'program'?"
told '0,/label: Teacher/{/label: Teacher/d}' "methods.teacher: lacks the key 'label'"
told '0,/program: distill/s//program: distil/' "methods.had-net.program: 'distil' is not one of pretrain, distill"
told '0,/teacher: teacher/s//teacher: teachr/' "methods.had-net.teacher: 'teachr' is no method; did you mean 'teacher'?"
told '0,/init: student/s//init: had-net/' "methods.had-net: waits for itself"
told 's/^reference: had-net/reference: hadnet/' "reference: 'hadnet' is no row; did you mean 'had-net'?"
told 's/^split: .*/split: 200/' "split: '200' is not a list"
told 's/^split: .*/&\nfolds: 3/' 'expected either split or folds'
told 's/^recipe: .*/&\nrecipe: other.ini/' "key 'recipe' twice"
told '0,/metric: dice_percent/s//metric: dice/' "tables.1.metric: 'dice' is no metric (known: dice_percent, "
told '0,/    region: ET /s//    region: EX /' "figures.2.region: 'EX' is no region"
told 's/^rivals: \[student/rivals: [studnt/' "rivals.0: 'studnt' is no row; did you mean 'student'?"
told 's/  - {metric: ap, region: ET, method: had-net, minus: student}/  - {metric: ap, region: ET, method: had-net, minus: nobody}/' \
  "gate.3.minus: 'nobody' is no row"
told 's/^  - {metric: dice_best.*/  - {metric: dice, regions: [ET], within: 0.1}/' 'verdict.2: expected either above, or within, of and methods'
told 's/^  ad-net: \[student\]$/  ad-net: [u-hved]/' "verdict.3: 'ad-net' and 'student' are not compared; add one to the other's \`comparisons\`"
told 's/    comparisons: {had-net: \[no-adversary\]}/    comparisons: {had-net: [student]}/' \
  "controls.no-contrast.expect: 'had-net' and 'no-adversary' are not compared"
told 's/^methods: .*/&\n  mean:\n    label: Mean\n    members: [teacher, student]\n    teacher: teacher/' \
  'methods.mean.teacher: is nothing for a mean of members'
told 's/^uncertainty: .*/uncertainty: [mean]/; s/^methods: .*/&\n  mean:\n    label: Mean\n    members: [teacher]/' \
  "uncertainty.0: 'mean' is a mean of members"
told '0,/label: HAD-Net$/s//label: HAD-Net\n    networks: {real: "S_real", both: Ours}/' "'had-net' has networks of its own: expected had-net.real or had-net.both"
told '0,/label: HAD-Net$/s//label: HAD-Net\n    tests: ct/' "methods.had-net.tests: 'ct' is no cohort"
told '0,/label: HAD-Net$/s//label: HAD-Net\n    best_of: [student]/' 'methods.had-net.settings: does not go with best_of'
best='best:\n    label: Best\n    program: pretrain\n    best_of:'
told "s/^methods: .*/&\n  $best [teachr]/" "methods.best.best_of.0: 'teachr' is no method with settings for pretrain; did you mean 'teacher'?"
told "s/^methods: .*/&\n  $best [had-net]/" "methods.best.best_of.0: 'had-net' is no method with settings for pretrain"
told "s/^recipe: .*/&\nscales: {demo: {without: [nobody]}}/" "scales.demo.without.0: 'nobody' is no method"
told "s/^recipe: .*/&\nscales: {demo: {pool: {test: 2}}}/" "scales.demo.pool.test: unknown key"
told '0,/label: HAD-Net$/s//label: HAD-Net\n    translated: {by: nobody, direction: a-to-t, cohort: brats-2019}/' \
  "methods.had-net.translated.by: 'nobody' is no method"
told '0,/label: HAD-Net$/s//label: HAD-Net\n    translated: {by: teacher, direction: forth, cohort: brats-2019}/' \
  "methods.had-net.translated.direction: 'forth' does not have the form"
told 's/^  - {metric: dice_best.*/  - {metric: dice, regions: [ET], at_most: 0.1}/' \
  'verdict.2: expected either above, or within, of and methods, or at_most and methods, or published, table and methods'
told 's/^  - {metric: dice_best.*/  - {metric: dice, regions: [Mean], above: [[teacher], [student]]}/' \
  "verdict.2.regions.0: 'Mean' is no region"
told 's/^title: .*/title: "open/' 'experiment.yaml:'

sed "s/^recipe: .*/&\nscales: {dmeo: {split: [4, 2, 2]}}/" kept.yaml > $file
! workflow scale=tiny paper=had-net || fail "a scale that is none was taken"
grep -qF "scale 'dmeo' of $(dirname $file)/experiment.yaml is not one of tiny, demo" log.txt || { cat log.txt; fail "the scale is not told"; }

# The same through the workflow, and nothing has begun.
sed '0,/program: pretrain/s//progam: pretrain/' kept.yaml > $file
! workflow scale=tiny paper=had-net || fail "the workflow ran"
grep -qF "$file: methods.teacher.progam: unknown key" log.txt || { cat log.txt; fail "the workflow does not tell it"; }
[ ! -e results ] || fail "a job ran"
