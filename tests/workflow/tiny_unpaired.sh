#!/usr/bin/env bash
# Two cohorts of other people at tiny scale: who trains on what in both directions, a row for each network and their mean, a
# method that takes translated images in the place of the assistant's, the mean over regions in comparisons, tables, gate
# and verdict, and pictures of translations; the paper's own means are those of its regions.
source "$(dirname "$0")/common.bash"
paper=mkd
python3 - "config/experiments/$paper" <<'PY'
import csv, sys
# What the paper prints as mean is that of its seven structures, to the last digit or two.
rows = {}
for claim in csv.DictReader(open(f"{sys.argv[1]}/claimed.csv")):
    if claim["table"] in "14":
        rows.setdefault((claim["table"], claim["row"]), {})[claim["column"]] = float(claim["value"])
assert len(rows) == 18 and all(len(row) == 8 for row in rows.values()), rows
for name, row in rows.items():
    mean = row.pop("Mean")
    assert abs(sum(row.values()) / 7 - mean) < 1e-4, (name, mean)
PY
workflow scale=tiny paper=$paper device=cpu 'methods=[baseline,jiang,mkd,mkd-5,mkd-mr]' \
  || { tail -n 60 log.txt; fail "the workflow failed"; }
root=results/$paper/tiny
python3 - "$root" <<'PY'
import csv, sys
import h5py
root = sys.argv[1]
text = lambda v: v.decode() if isinstance(v, bytes) else v
sheet = list(csv.DictReader(open(f"{root}/volumes/study.tsv"), delimiter="\t"))
of = lambda cohort, *splits: {r["case"] for r in sheet if r["cohort"] == cohort and (not splits or r["split"] in splits)}
assert len(of("ct", "train")) == len(of("ct", "test")) == len(of("mr", "train")) == 2
def attributes(method):
    with h5py.File(f"{root}/{method}/fold0_seed0/checkpoint.h5", "r", locking=False) as file:
        return {text(c) for c in file.attrs["trained-on"]}
expected = {"baseline": of("ct", "train"), "mkd": of("ct", "train") | of("mr"), "jiang": of("ct", "train") | of("mr"),
            "jiang-align": of("ct", "train") | of("mr"), "mkd-5": of("ct", "train") | {min(of("mr"))},
            "mkd-mr": of("mr", "train") | of("ct")}
for method, cases in expected.items():
    assert attributes(method) == cases, (method, attributes(method), cases)
# What is translated stands in the place of the case, with its labels, and the target's cases are as they were.
joined = {r["case"]: r for r in csv.DictReader(open(f"{root}/jiang-align/fold0_seed0/mr-a-to-t/all.tsv"), delimiter="\t")}
assert set(joined) == of("ct") | of("mr") and {c for c, r in joined.items() if r["translated"] == "a-to-t"} == of("mr")
for case, row in joined.items():
    with h5py.File(f"{root}/jiang-align/fold0_seed0/mr-a-to-t/{row['file']}", "r", locking=False) as file:
        assert [text(c) for c in file.attrs["channels"]] == ["ct"], case
        assert bool(file.attrs["recipe"]) == (case in of("mr")) and file["label"][()].max() == 7, case
def scores(row):
    table = list(csv.DictReader(open(f"{root}/{row}/cases-over-seeds.csv")))
    return {(r["case"], r["region"]): float(r["value"]) for r in table if r["metric"] == "dice"}
regions = ["MYO", "LA", "LV", "RA", "RV", "AO", "PA"]
for row, cases in {"mkd.syn": of("ct", "test"), "mkd.real": of("ct", "test"), "mkd.ensemble": of("ct", "test"),
                   "mkd-mr.ensemble": of("mr", "test"), "jiang": of("ct", "test")}.items():
    found = scores(row)
    assert {case for case, _ in found} == cases, row
    for case in cases:
        assert abs(sum(found[case, r] for r in regions) / 7 - found[case, "Mean"]) < 1e-6, (row, case)
assert scores("mkd.syn") != scores("mkd.real")
means = [v for (_, region), v in scores("mkd.ensemble").items() if region == "Mean"]
ours = sum(means) / len(means)
cells = {(r["row"], r["column"]): r for r in csv.DictReader(open(f"{root}/table1.csv"))}
assert abs(float(cells["Ours (ensemble)", "Mean"]["value"]) - ours) < 1e-4 and cells["Zhang et al.", "Mean"]["status"] == "not-run"
assert cells["Baseline", "Mean"]["p"], "no test of means"
verdict = list(csv.DictReader(open(f"{root}/verdict.csv")))
said = {(r["statement"], r["region"]): r for r in verdict if r["cohort"] == "tiny"}
gain = ours - sum(v for (_, region), v in scores("baseline").items() if region == "Mean") / len(means)
assert abs(float(said["Ours above Baseline", "Mean"]["difference"]) - gain) < 1e-4 and said["Ours above Baseline", "Mean"]["ci_lo"]
assert said["Ours above Zhang et al.", "Mean"]["holds"] == "not-run"
assert not [r for r in verdict if "published" in r["statement"]], "synthetic cases beside published values"
assert {r["cohort"] for r in verdict} == {"tiny", "tiny-other-labels", "tiny-same-appearance"}
for number in "234":
    assert open(f"{root}/figure{number}.png", "rb").read(4) == b"\x89PNG"
page = open(f"{root}/report.html").read()
assert "Translations" in page and "first stage translates" in page and "LEAK" not in page
PY
python3 workflow/scripts/gate.py $root --experiment config/experiments/$paper/experiment.yaml --report r.html > log.txt 2>&1 \
  || { cat log.txt; fail "the gate failed"; }
grep -q '^Mean Dice, mkd.ensemble - baseline ' log.txt || { cat log.txt; fail "the gate does not print the mean"; }

# The same on real data: folds in place of the tiny split, nothing validated, assistants by the published table, and the
# paper's values beside ours.
options+=(--dry-run -p)
workflow scale=full paper=$paper 'data={ct: /data/ct, mr: /data/mr}' || { cat log.txt; fail "no plan"; }
grep -qE 'distill .*t-ct.ini .*--where fold!=1 +--seed' log.txt || { grep -m 3 distill log.txt; fail "folds are not left out, or something is validated"; }
grep -qE 'preprocess .*mm-whs-2017-mr.yaml --root /data/mr --columns data-manifest/mm-whs-2017-mr-folds.tsv' log.txt || fail "no published columns"
grep -q -- "verdict.py .*--claimed config/experiments/$paper/claimed.csv" log.txt || fail "published values are not asked"
