#!/usr/bin/env bash
# The page's sbatch array without Snakemake: a task that gets TERM queues itself again and both networks are those
# of runs without interruption.
limit_s=100
source "$(dirname "$0")/common.bash"
phantom --grid 24,28,20 --spacing 8 --gates off --cases 8 --seed 1 --quiet --output-dir scans
preprocess --manifest data-manifest/brats-2018.yaml --root scans --split 4,2,2 --output-dir volumes --quiet
sed -n '/^```sh/,/^```/p;/^```python/q' "$source_dir/docs/shell.md" | grep -v '^```' > page.sbatch
# Only what differs between the reader's cluster and this one: sizes, and settings of a tiny network.
printf 'width = 4\nepochs = 20\ndevice = cpu\n' > tiny.ini
sed -e 's/array=0-2/array=0-1/; s/24:00:00/00:05:00/; s/cpus-per-task=8/cpus-per-task=1/; s/mem=64G/mem=200M/' \
  -e 's#had-net/teacher.ini#& --config tiny.ini#' page.sbatch > teacher.sbatch
cmp -s page.sbatch teacher.sbatch && fail "the page's script was not found"
for seed in 0 1; do
  pretrain --config config/experiments/had-net/teacher.ini --config tiny.ini --cases volumes/cases.tsv --where split=train \
    --validate split=val --threads 1 --seed $seed --output "expected-$seed.h5" --quiet
done
start_cluster
job=$(sbatch --parsable teacher.sbatch)
makes_steps() { grep -q training "slurm-${job}_0.out" 2> /dev/null; }
wait_until 30 "the task trains" makes_steps
scancel --signal=TERM "${job}_0"
done_twice() { [ -s teacher-0.h5 ] && [ -s teacher-1.h5 ]; }
wait_until 60 "both tasks end" done_twice
grep -q 'the same command continues' "slurm-${job}_0.out" || { cat "slurm-${job}_0.out"; fail "the task was not cut"; }
[ "$(field "${job}_0" Restarts)" = 1 ] || { scontrol show job "${job}_0"; fail "the task did not queue itself again"; }
python3 - <<'PY'
import h5py
for seed in "01":
    made, expected = (h5py.File(f"{name}-{seed}.h5").attrs["content_sha256"] for name in ("teacher", "expected"))
    assert made == expected, f"seed {seed}: {made} instead of {expected}"
PY
