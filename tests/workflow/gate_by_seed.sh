#!/usr/bin/env bash
# The gate of a demo asks every seed that was run: a mean over seeds may pass where one of them fails.
source "$(dirname "$0")/common.bash"
experiment=config/experiments/few-labels/experiment.yaml
# ap METHOD SEED TC ET: a run with these average precisions.
ap() {
  local run=results/demo/$1/fold0_seed$2
  mkdir -p "$run"
  printf 'epoch,loss\n1,0.5\n2,0.4\n' > "$run/history.csv"
  printf 'case,region,metric,value,status\na,ET,dice_best,0.5,normal\na,ET,dice,0.5,normal\n' > "$run/cases.csv"
  printf '{"pooled": [{"region": "TC", "metric": "ap", "value": %s}, {"region": "ET", "metric": "ap", "value": %s}]}' "$3" "$4" > "$run/summary.json"
}
gate() { python3 workflow/scripts/gate.py results/demo --experiment $experiment --report report.html > log.txt 2>&1; }
for seed in 0 1; do ap teacher $seed 0.9 0.8; ap student $seed 0.7 0.4; done
ap taught 0 0.74 0.42
ap taught 1 0.735 0.415
gate || { cat log.txt; fail "both seeds are above the bounds"; }
grep -q 'TC average precision, taught - student +0.040 +0.035 >= 0.03 in 2 of 2 seeds' log.txt || { cat log.txt; fail "values by seed"; }
ap taught 0 0.80 0.50
ap taught 1 0.72 0.405
! gate || { cat log.txt; fail "seed 1 is below the bounds"; }
grep -q 'gate FAILED: TC average precision, taught - student +0.100 +0.020 >= 0.03 in 1 of 2 seeds' log.txt || { cat log.txt; fail "not told"; }
ap taught 1 0.76 0.45
sed -i 's/2,0.4/2,nan/' results/demo/student/fold0_seed1/history.csv
! gate || { cat log.txt; fail "a loss is not finite"; }
grep -q 'gate FAILED: losses finite' log.txt || { cat log.txt; fail "not told"; }
