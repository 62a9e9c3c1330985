#!/usr/bin/env bash
# A data folder with blanks and a comma in its name, and cases with them in their ids, go through the shipped Slurm
# profile: the job finds the folder, and the sheet has the cases.
limit_s=100
source "$(dirname "$0")/common.bash"
data="$PWD/data of ours, 2018"
phantom --grid 24,28,20 --spacing 8 --gates off --cases 8 --seed 1 --quiet --output-dir "$data"
for folder in "$data"/*/*/; do
  mv "$folder" "$(dirname "$folder")/our $(basename "$folder"), left"
done
sed "s#^case_pattern: .*#case_pattern: '(?:(HGG|LGG)/)?our Brats18_[^/]+_1, left'#" data-manifest/brats-2018.yaml > data-manifest/ours.yaml
sed -i 's/^    manifest: brats-2019 .*/    manifest: ours/' config/experiments/had-net/experiment.yaml
sed -i '/^  tiny:/,/split:/s/cohort: synthetic/cohort: real/' config/config.yaml
start_cluster
python3 "$here/test_profile.py" workflow/profiles/slurm profile
python3 "$here/fast_snakemake.py" --profile profile --config scale=tiny paper=had-net device=cpu "data=$data" \
  -- results/had-net/brats-2019/volumes/cases.tsv > cluster.log 2>&1 || { tail -n 40 cluster.log; fail "the workflow failed"; }
scontrol -o show jobs | grep -q rule_preprocess || fail "no job of the scheduler did it"
cut -f 1 results/had-net/brats-2019/volumes/cases.tsv | tail -n +2 | sort > ids.txt
[ "$(wc -l < ids.txt)" = 8 ] || fail "cases: $(cat ids.txt)"
! grep -v '^our Brats18_.*, left$' ids.txt || fail "ids are not those of the folders"
