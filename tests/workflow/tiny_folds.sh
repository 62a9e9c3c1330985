#!/usr/bin/env bash
# A paper with folds at tiny scale: every case is tested once by networks that never saw it, students are paired
# with the teacher of their fold, and the tables hold mean and spread over folds.
source "$(dirname "$0")/common.bash"
workflow scale=tiny paper=kd-net 'methods=[teacher,baseline,kd-net,u-hemis]' \
  || { tail -n 60 log.txt; fail "the workflow failed"; }
root=results/kd-net/tiny
python3 - "$root" <<'PY'
import csv, re, statistics, sys
import h5py
root = sys.argv[1]
sheet = {r["case"]: r["fold"] for r in csv.DictReader(open(f"{root}/prepared/cases.tsv"), delimiter="\t")}
assert sorted(sheet.values()) == ["0", "0", "1", "1", "2", "2"], sheet
text = lambda v: v.decode() if isinstance(v, bytes) else v
means = []
for fold in "012":
    own = {case for case, k in sheet.items() if k == fold}
    for method in ("teacher", "baseline", "kd-net", "u-hemis"):
        run = f"{root}/{method}/fold{fold}_seed0"
        with h5py.File(f"{run}/checkpoint.h5", "r", locking=False) as file:
            trained = {text(c) for c in file.attrs["trained-on"]}
        assert trained == set(sheet) - own, (method, fold, trained)
        scores = list(csv.DictReader(open(f"{run}/cases.csv")))
        assert {s["case"] for s in scores} == own
        if method == "kd-net":
            means.append(100 * statistics.mean(float(s["value"]) for s in scores if (s["region"], s["metric"]) == ("WT", "dice")))
    with h5py.File(f"{root}/kd-net/fold{fold}_seed0/predictions/{min(own)}.h5", "r", locking=False) as file:
        assert file["label"].shape == (32, 32, 32), "predictions lie on the prepared grid"
claims = list(csv.DictReader(open("config/experiments/kd-net/claimed.csv")))
key = lambda row: (row["table"], row["row"], row["column"], row["metric"])
for number in "12":
    rows = list(csv.DictReader(open(f"{root}/table{number}.csv")))
    assert [key(r) for r in rows] == [key(c) for c in claims if c["table"] == number], number
    assert {r["status"] for r in rows} == {"run", "not-run"}
cell = next(r for r in csv.DictReader(open(f"{root}/table1.csv")) if (r["row"], r["column"]) == ("Ours (KD-Net)", "WT"))
assert abs(float(cell["value"]) - statistics.mean(means)) < 1e-3, (cell, means)
assert abs(float(cell["std"]) - statistics.stdev(means)) < 1e-3, (cell, means)
assert abs(float(cell["std_ddof0"]) - statistics.pstdev(means)) < 1e-3, (cell, means)
assert (cell["folds"], cell["n"], cell["seeds"]) == ("3", "6", "1"), cell
page = open(f"{root}/report.html").read()
assert "folds 0, 1, 2 of 3" in page and "LEAK" not in page
PY
# Validation cases from among the training cases: a plan with sheets of its own.
options+=(--dry-run)
workflow scale=tiny paper=kd-net validation=inner 'methods=[teacher]' results=inner || { cat log.txt; fail "no plan"; }
grep -q 'validation cases apart for fold 2' log.txt || { cat log.txt; fail "no inner validation"; }
