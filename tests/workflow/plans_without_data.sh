#!/usr/bin/env bash
# Every experiment plans at full scale without data, on one machine and for Slurm, so that a user sees the work
# before asking for the scans.
source "$(dirname "$0")/common.bash"
options=(--cores 2 --dry-run)
for file in config/experiments/*/experiment.yaml; do
  folder=$(dirname "$file") paper=$(basename "$(dirname "$file")")
  workflow scale=full paper="$paper" || { cat log.txt; fail "no plan for $paper"; }
  grep -qE '^(Job [0-9]+: )?training ' log.txt || fail "the plan of $paper trains nothing"
  python3 workflow/scripts/scale.py "$paper" > log.txt 2>&1 || { cat log.txt; fail "no costs of $paper"; }
  grep -q '^rate .*ASSUMED' log.txt || fail "the rate is not said to be assumed"
done
# Folds and seeds from the command line, one or several; 18 trainings of KD-Net per fold and seed.
for given in 'folds=[1] seeds=3 18' 'folds=2 seeds=[0,4] 36'; do
  read -r folds seeds count <<< "$given"
  workflow scale=tiny paper=kd-net "$folds" "$seeds" || { cat log.txt; fail "no plan with $folds $seeds"; }
  [ "$(grep -cE '^(Job [0-9]+: )?training ' log.txt)" = "$count" ] || fail "$folds $seeds: expected $count trainings"
done
workflow scale=tiny paper=kd-net folds=3 && fail "fold 3 of 0 to 2 was planned"
grep -q 'folds \[3\]: kd-net has folds 0 to 2' log.txt || { cat log.txt; fail "a fold that is none is not told"; }
for profile in slurm slurm-gres; do
  snakemake --profile "workflow/profiles/$profile" --dry-run --config scale=full > log.txt 2>&1 \
    || { cat log.txt; fail "no plan with the profile $profile"; }
done
snakemake --lint > log.txt 2>&1 || { cat log.txt; fail "snakemake --lint"; }
# make passes no empty DATA, which the configuration's schema refuses.
planned=$(make -C "$source_dir" -n reproduce PAPER=had-net DRYRUN=1 | tail -n 4)
[[ $planned == *--dry-run* && $planned != *data=* ]] || fail "make reproduce DRYRUN=1 would run: $planned"
# 3136.0 GMAC x (400 x 200 iterations + 400 x 66 validated cases / 3) / 5 TMAC/s: 15.5 hours.
python3 workflow/scripts/scale.py had-net > log.txt
grep -qE '^teacher +3136.0 +80000 +15.5 ' log.txt || fail "the teacher of HAD-Net costs otherwise: $(cat log.txt)"
printf 'step,seconds-step\n50,10\n100,15\n' > history.csv  # 3136 GMAC x 100 / 25 s
python3 workflow/scripts/scale.py had-net --history teacher=history.csv > log.txt
grep -q '^rate 12.54 TMAC/s, measured' log.txt || fail "the rate of a run is not taken: $(cat log.txt)"
