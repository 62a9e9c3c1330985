#!/usr/bin/env bash
# The workflow names no paper, data set, sequence or region: those come from config/experiments and data-manifest.
source "$(dirname "$0")/common.bash"
words='had[-_ ]?net|kd[-_ ]?net|hemis|hved|brats|t1ce|flair|tumou?r|\b(WT|TC|ET)\b'
for folder in config/experiments/*/; do words="$words|$(basename "$folder")"; done
for manifest in data-manifest/*.yaml; do words="$words|$(basename "$manifest" .yaml)"; done
! grep -rniE "$words" workflow --include='*.py' --include='*.smk' --include='*.j2' --include='*.yaml' --include=Snakefile \
  || fail "the workflow knows a paper"
grep -qiE "$words" config/experiments/had-net/experiment.yaml || fail "the words find nothing where they stand"
