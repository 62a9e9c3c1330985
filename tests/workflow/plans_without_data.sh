#!/usr/bin/env bash
# Every experiment plans at full scale without data, on one machine and for Slurm, so that a user sees the work
# before asking for the scans.
source "$(dirname "$0")/common.bash"
options=(--cores 2 --dry-run)
for folder in config/experiments/*/; do
  paper=$(basename "$folder")
  workflow scale=full paper="$paper" || { cat log.txt; fail "no plan for $paper"; }
  grep -qE '^(Job [0-9]+: )?training ' log.txt || fail "the plan of $paper trains nothing"
done
for profile in slurm slurm-gres; do
  snakemake --profile "workflow/profiles/$profile" --dry-run --config scale=full > log.txt 2>&1 \
    || { cat log.txt; fail "no plan with the profile $profile"; }
done
snakemake --lint > log.txt 2>&1 || { cat log.txt; fail "snakemake --lint"; }
# make passes no empty DATA, which the configuration's schema refuses.
planned=$(make -C "$source_dir" -n reproduce PAPER=had-net DRYRUN=1 | tail -n 4)
[[ $planned == *--dry-run* && $planned != *data=* ]] || fail "make reproduce DRYRUN=1 would run: $planned"
