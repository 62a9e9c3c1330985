#!/usr/bin/env bash
# An experiment of two cohorts in both directions: a method is tested on one cohort's held-out fold and trained on the
# rest of it and all of the other, starts from another method, and stands beside the mean of both; the paper's mean
# over regions is that of each case.
source "$(dirname "$0")/common.bash"
mkdir -p config/experiments/two
cp config/experiments/had-net/{student,recipe}.ini config/experiments/two
cp config/scales/tiny/had-net.ini config/scales/tiny/two.ini
sed -i 's/^cases = .*/cases = 4/' config/scales/tiny/two.ini
cat > config/experiments/two/experiment.yaml <<'YAML'
title: Two cohorts
citation: none
cohorts:
  near: {manifest: brats-2018}
  far: {manifest: brats-2018, phantom: {seed: 7}}
recipe: recipe.ini
folds: 2
validation: held-out-fold
inner: [1, 1]
regions: {WT: whole tumor, ET: enhancing tumor}
mean: Mean
methods:
  own: {label: Own, program: pretrain, settings: [student.ini], where: [cohort=near], tests: near}
  both: {label: Both, program: pretrain, settings: [student.ini], init: own, tests: near}
  back: {label: Back, program: pretrain, settings: [student.ini], tests: far, seed_shift: 100}
  mean: {label: Mean of both, members: [own, both], tests: near}
main: [own, both]
reference: both
comparisons: {both: [own, mean]}
rivals: [own]
metrics: {dice: {score: dice, digits: 3}}
tables:
  "1": {caption: Dice, metric: dice, rows: {Own: own, Both: both, Ensemble: mean, Back: back}}
figures:
  "2": {kind: segmentations, region: WT, channels: {flair: FLAIR}, methods: [own, both, mean], cases: 2}
verdict:
  - {metric: dice, regions: [WT], above: [[both], [own]]}
YAML
{
  echo table,row,column,metric,value,std,note
  for row in Own Both Ensemble Back; do printf '1,%s,%s,dice,0.5,,\n' $row WT $row ET $row Mean; done
} > config/experiments/two/claimed.csv
# Ids of phantoms are those of one cohort; the other's become its own.
mkdir wrapped
cat > wrapped/phantom <<SH
#!/bin/sh
$BIN/phantom "\$@" || exit
case "\$*" in *scans/far*) find results/two/tiny/scans/far -depth -name '*SYN01*' | while read -r f; do
  mv "\$f" "\$(dirname "\$f")/\$(basename "\$f" | sed s/SYN01/SYN02/)"; done ;; esac
SH
chmod +x wrapped/phantom
export PATH=$PWD/wrapped:$PATH
workflow scale=tiny paper=two device=cpu || { tail -n 60 log.txt; fail "the workflow failed"; }
root=results/two/tiny
python3 - "$root" <<'PY'
import csv, json, sys
import h5py, numpy as np
root = sys.argv[1]
text = lambda v: v.decode() if isinstance(v, bytes) else v
sheet = list(csv.DictReader(open(f"{root}/volumes/study.tsv"), delimiter="\t"))
assert {r["case"][:13] for r in sheet if r["cohort"] == "far"} == {"Brats18_SYN02"} and len(sheet) == 8, sheet
of = lambda cohort, **given: {r["case"] for r in sheet if r["cohort"] == cohort and all(r[k] == v for k, v in given.items())}
assert len(of("near", fold="0")) == len(of("far", fold="1")) == 2
values = {}
for fold in "01":
    other = "10"[int(fold)]
    expected = {"own": of("near", fold=other), "both": of("near", fold=other) | of("far"), "back": of("far", fold=other) | of("near")}
    tested = {"own": of("near", fold=fold), "both": of("near", fold=fold), "mean": of("near", fold=fold), "back": of("far", fold=fold)}
    for method, cases in expected.items():
        with h5py.File(f"{root}/{method}/fold{fold}_seed0/checkpoint.h5", "r", locking=False) as file:
            trained = {text(c) for c in file.attrs["trained-on"]}
        assert trained == cases, (method, fold, trained, cases)
    for row, cases in tested.items():
        scores = list(csv.DictReader(open(f"{root}/{row}/fold{fold}_seed0/cases.csv")))
        assert {s["case"] for s in scores} == cases, (row, fold)
        for s in scores:
            if s["metric"] == "dice":
                values[row, s["case"], s["region"]] = float(s["value"])
    case = min(of("near", fold=fold))
    probability = {}
    for row in ("own", "both", "mean"):
        with h5py.File(f"{root}/{row}/fold{fold}_seed0/predictions/{case}.h5", "r", locking=False) as file:
            probability[row] = file["probability"][()].astype(np.float32)
    difference = np.abs(probability["mean"] - (probability["own"] + probability["both"]) / 2).max()
    assert difference < 1e-3, difference  # stored as float16
    assert np.abs(probability["own"] - probability["both"]).max() > 1e-3, "two networks that are one"
    with h5py.File(f"{root}/own/fold{fold}_seed0/checkpoint.h5", "r", locking=False) as file:
        start = file.attrs["content_sha256"]
    with h5py.File(f"{root}/both/fold{fold}_seed0/checkpoint.h5", "r", locking=False) as file:
        inputs = json.loads(file["provenance"].attrs["json"])["inputs"]
    assert start in json.dumps(inputs), inputs
    with h5py.File(f"{root}/back/fold{fold}_seed0/checkpoint.h5", "r", locking=False) as file:
        assert int(json.loads(file["provenance"].attrs["json"])["seed"]) == 100
table = {(r["row"], r["column"]): r for r in csv.DictReader(open(f"{root}/table1.csv"))}
for label, row in {"Own": "own", "Ensemble": "mean", "Back": "back"}.items():
    by_case = {}
    for (r, case, region), value in values.items():
        if r == row and region in ("WT", "ET"):
            by_case.setdefault(case, []).append(value)
    folds = [[np.mean(v) for c, v in by_case.items() if c in of("near", fold=k) | of("far", fold=k)] for k in "01"]
    cell = table[label, "Mean"]
    assert abs(float(cell["value"]) - np.mean([np.mean(f) for f in folds])) < 1e-4 and cell["n"] == "4", (cell, folds)
page = open(f"{root}/report.html").read()
assert "cohort near" in page and "cohort far" in page and "Mean of both" in page
assert open(f"{root}/figure2.png", "rb").read(4) == b"\x89PNG"
PY
grep -q 'starts from Own' $root/report.html || fail "the page does not say what a method starts from"

# Real data in a folder each, columns that others published in place of folds dealt here.
printf 'case\tfold\na\t0\n' > folds.tsv
sed -i 's/^  near: {manifest: brats-2018/&, columns: folds.tsv/' config/experiments/two/experiment.yaml
cp config/scales/full/had-net.ini config/scales/full/two.ini
snakemake --profile workflow/profiles/local --cores 2 --dry-run -p --config scale=full paper=two 'data={near: /data/a, far: /data/b}' > log.txt 2>&1 \
  || { cat log.txt; fail "no plan of real data"; }
grep -q -- '--root /data/a --columns folds.tsv  *--output-dir' log.txt || { grep preprocess log.txt; fail "published folds were dealt anew"; }
grep -q -- '--root /data/b --folds 2 --output-dir' log.txt || { grep preprocess log.txt; fail "the other cohort is not dealt"; }

# A method that is tested as several networks of its checkpoint: a row each, predicted with --network.
sed -i 's/^  back: {label: Back,/&  networks: {real: Real, both: Both of them},/; s/Back: back}/Back: back.both}/' config/experiments/two/experiment.yaml
options+=(--dry-run -p)
workflow scale=tiny paper=two results=planned || { cat log.txt; fail "no plan"; }
for network in real both; do
  grep -qE "ensemble-label --model planned/two/tiny/back/fold0_seed0/checkpoint.h5 --network $network .*planned/two/tiny/back.$network/fold0" log.txt \
    || { grep ensemble-label log.txt; fail "network $network is not predicted with"; }
done
