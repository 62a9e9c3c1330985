#!/usr/bin/env bash
# A user's own Python script stands in for a program: docs/shell.md's runs as printed and is scored, and the
# scores are those that numpy finds in the same files.
source "$(dirname "$0")/common.bash"
phantom --grid 24,28,20 --spacing 8 --gates off --cases 8 --seed 1 --quiet --output-dir scans
preprocess --manifest data-manifest/brats-2018.yaml --root scans --split 4,2,2 --output-dir volumes --quiet
page=$source_dir/docs/shell.md
section() { sed -n '/^## A step of your own/,/^## Several/p' "$page" | sed -n "/^\`\`\`$1/,/^\`\`\`/p" | grep -v '^```'; }
section python > threshold.py
section sh > lines.sh
[ "$(wc -l < lines.sh)" = 2 ] || fail "the page's lines were not found"
bash -eu lines.sh > log.txt 2>&1 || { cat log.txt; fail "the page's lines failed"; }
python3 - <<'PY'
import csv, glob, h5py
scores = {r["case"]: float(r["value"]) for r in csv.DictReader(open("cases.csv")) if (r["region"], r["metric"]) == ("ET", "dice")}
assert len(scores) == 2, scores
for case, score in scores.items():
    with h5py.File(f"predictions/{case}.h5") as p, h5py.File(f"volumes/{case}.h5") as v:
        index = list(v.attrs["class-names"]).index("ET")
        predicted, true = p["label"][()] == index, v["label"][()] == index
        assert abs(score - 2 * (predicted & true).sum() / (predicted.sum() + true.sum())) < 1e-6, case
        assert score > 0.3, "the rule of thumb finds no tumor"
PY
