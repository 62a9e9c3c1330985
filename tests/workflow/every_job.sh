#!/usr/bin/env bash
# The whole graph of every paper at full scale runs to its report when each job only makes its files, and ten
# thousand jobs are planned in bounded memory: what a cluster's login node has to carry.
source "$(dirname "$0")/common.bash"
python3 - <<'PY'
import pathlib, re
for file in pathlib.Path("workflow/rules").glob("*.smk"):
    made = r'\1shell:\n\1    "for file in {output}; do echo made > $file; done"\n'
    file.write_text(re.sub(r'( +)shell:\n( +".*\n)+', made, file.read_text()))
PY
for file in config/experiments/*/experiment.yaml; do
  folder=$(dirname "$file") paper=$(basename "$(dirname "$file")")
  workflow scale=full paper="$paper" || { tail -n 40 log.txt; fail "the graph of $paper does not run"; }
  cohorts=$(python3 -c "import sys, yaml; print('-'.join(yaml.safe_load(open(sys.argv[1]))['cohorts']))" "$folder/experiment.yaml")
  [ -s "results/$paper/$cohorts/report.html" ] || fail "$paper has no report"
done

sed -i "/^  full:/a\\    seeds: [$(seq -s ', ' 0 259)]" config/config.yaml
python3 - <<'PY'
import re, resource, subprocess
found = subprocess.run(["snakemake", "--profile", "workflow/profiles/slurm", "--dry-run", "--config",
                        "scale=full", "paper=had-net", "results=planned"],
                       capture_output=True, text=True)
assert found.returncode == 0, found.stderr[-2000:]
jobs = int(re.search(r"^total +(\d+)", found.stdout + found.stderr, re.M).group(1))
assert jobs >= 10000, jobs
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{jobs} jobs planned: {used.ru_utime + used.ru_stime:.1f} s of processor, {used.ru_maxrss / 1024:.0f} MiB at the most")
assert used.ru_maxrss < 500 * 1024, f"{used.ru_maxrss} KiB"
PY
