#!/usr/bin/env bash
# A pool from scans to report at tiny scale: each method learns from the cases that it says and from no others, all are
# tested on the same cases, which are in no pool, and each seed has a pool of its own.
source "$(dirname "$0")/common.bash"
workflow scale=tiny paper=few-labels rows=main 'methods=[student,taught,peer-taught,bound]' 'seeds=[0,3]' device=cpu \
  || { tail -n 60 log.txt; fail "the workflow failed"; }
python3 - results/few-labels/tiny <<'PY'
import csv, sys
import h5py
root = sys.argv[1]
text = lambda v: v.decode() if isinstance(v, bytes) else v
split = {r["case"]: r["split"] for r in csv.DictReader(open(f"{root}/volumes/cases.tsv"), delimiter="\t")}
training, tests = ({c for c, s in split.items() if s == name} for name in ("train", "test"))
pools = []
for seed in "03":
    sheet = list(csv.DictReader(open(f"{root}/volumes/pool-seed{seed}.tsv"), delimiter="\t"))
    pool = {r["case"] for r in sheet if r["pool"] == "yes"}
    pools.append(pool)
    assert len(pool) == 2 and pool < training and all(r["split"] == "" for r in sheet if r["case"] in pool)
    learnt = {"student": training - pool, "peer": training - pool, "teacher": training - pool}
    learnt |= {method: training for method in ("taught", "peer-taught", "bound")}
    for method, cases in learnt.items():
        with h5py.File(f"{root}/{method}/fold0_seed{seed}/checkpoint.h5", "r", locking=False) as file:
            trained = {text(c) for c in file.attrs["trained-on"]}
        assert trained == cases, (method, seed, trained, cases)
    for by in ("teacher", "peer"):
        made = list(csv.DictReader(open(f"{root}/{by}/fold0_seed{seed}/annotated-soft/cases.tsv"), delimiter="\t"))
        assert {r["case"] for r in made} == pool and {r["labels"] for r in made} == {"annotation"}, made
    for row in ("student", "taught", "peer-taught", "bound"):
        scores = csv.DictReader(open(f"{root}/{row}/fold0_seed{seed}/cases.csv"))
        assert {s["case"] for s in scores} == tests, row
assert pools[0] != pools[1], "both seeds have the same pool"
page = open(f"{root}/report.html").read()
assert "the pool as Teacher, few labels labels it" in page and "2 in the pool without labels" in page
PY
# Rows that were not scored on the same cases have no table.
scores=results/few-labels/tiny/bound/fold0_seed0/cases.csv
case=$(sed -n 2p $scores | cut -d, -f1)
sed -i "/^$case,/d" $scores results/few-labels/tiny/bound/fold0_seed3/cases.csv
! python3 workflow/scripts/table.py --experiment config/experiments/few-labels/experiment.yaml --rows student bound \
  --claimed config/experiments/few-labels/claimed.csv --root results/few-labels/tiny > log.txt 2>&1 || fail "tables were made"
grep -q "^tables: error: .* are scored on other cases ($case, say)" log.txt || { cat log.txt; fail "not told"; }
