#!/usr/bin/env bash
# The question of few labels at tiny scale: every row, the control, and another number of labels as a study of its own with
# its intervals in the verdict and a picture in the report.
source "$(dirname "$0")/common.bash"
# Four training cases: the main study keeps the labels of two, the amount that of one; twelve of four there are not.
sed -i 's/labelled: 2$/labelled: 1/' config/experiments/few-labels/experiment.yaml
workflow scale=tiny paper=few-labels || { tail -n 60 log.txt; fail "the workflow failed"; }
root=results/few-labels/tiny
[ ! -e "$root-labels-12" ] || fail "a study with twelve labels of four cases"
python3 - "$root" <<'PY'
import csv, sys
root = sys.argv[1]
trained_on = lambda study: [r["case"] for r in csv.DictReader(open(f"{study}/volumes/pool-seed0.tsv"), delimiter="\t") if r["split"] == "train"]
assert len(trained_on(root)) == 2 and len(trained_on(f"{root}-labels-2")) == 1
tested = lambda study: {r["case"] for r in csv.DictReader(open(f"{study}/student/fold0_seed0/cases.csv"))}
assert tested(root) == tested(f"{root}-labels-2"), "other numbers of labels are tested on other cases"
verdict = list(csv.DictReader(open(f"{root}/verdict.csv")))
of_one = [r for r in verdict if r["cohort"] == "tiny-labels-2"]
# The three pairs that the study compares, in three regions each.
assert len(of_one) == 9 and all(r["statement"].startswith("With 1 label: ") for r in of_one), of_one
assert all(r["holds"] in ("yes", "no", "undecided") and r["ci_lo"] and r["ci_hi"] for r in of_one), of_one
page = open(f"{root}/report.html").read()
assert "Against the number of labels" in page
assert open(f"{root}/figure2.png", "rb").read(4) == b"\x89PNG"
PY
