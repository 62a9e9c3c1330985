#!/usr/bin/env bash
# Model distillation from scans to report at tiny scale: who learns from which labels, whose networks annotate the pool, what
# kind of network validation chooses, and that all rows are tested on the same cases, none of them of the pool.
source "$(dirname "$0")/common.bash"
workflow scale=tiny paper=model-distillation device=cpu || { tail -n 60 log.txt; fail "the workflow failed"; }
python3 - results/model-distillation/tiny <<'PY'
import csv, json, sys
import h5py
root = sys.argv[1]
text = lambda v: v.decode() if isinstance(v, bytes) else v
table = lambda path, delimiter=",": list(csv.DictReader(open(path), delimiter=delimiter))
run = lambda method: f"{root}/{method}/fold0_seed0"
def attribute(method, name, group="/"):
    with h5py.File(f"{run(method)}/checkpoint.h5", "r", locking=False) as file:
        return file[group].attrs[name]
sheet = table(f"{root}/volumes/pool-seed0.tsv", "\t")
part = lambda name: {r["case"] for r in sheet if r["split"] == name}
pool = {r["case"] for r in sheet if r["pool"] == "yes"}
labelled, tests = part("train"), part("test")
assert (len(pool), len(labelled), len(tests)) == (4, 4, 4) and not pool & (labelled | tests | part("val")), sheet

alone = ["unet", "residual", "cascaded", "residual-again", "without-pool", "untrained-unet", "untrained-residual", "untrained-cascaded"]
with_pool = ["distilled", "distilled-chosen", "self-taught", "peer-taught", "bound", "untrained-taught"]
for method in alone + with_pool:
    cases = {text(c) for c in attribute(method, "trained-on")}
    assert cases == (labelled | pool if method in with_pool else labelled), (method, cases)
scored = [m for m in alone + with_pool if m not in alone[5:]] + ["ensemble", "untrained"]
for row in scored:
    assert {s["case"] for s in table(f"{run(row)}/cases.csv")} == tests, row

# Annotations: of the pool and nothing else, by the networks that the rows say.
hashes = {m: text(attribute(m, "content_sha256")) for m in alone}
made_by = {"ensemble": alone[:3], "residual": ["residual"], "residual-again": ["residual-again"], "untrained": alone[5:]}
for row, makers in made_by.items():
    made = table(f"{run(row)}/annotated-hard/cases.tsv", "\t")
    assert {r["case"] for r in made} == pool and {r["labels"] for r in made} == {"annotation"}, row
    with h5py.File(f"{run(row)}/annotated-hard/{made[0]['file']}", "r", locking=False) as file:
        record = json.loads(text(file["provenance"].attrs["json"]))
    assert [i.get("content_sha256") for i in record["inputs"][: len(makers)]] == [hashes[m] for m in makers], (row, record["inputs"])

# The kind that validation chooses is that of the best score; its settings are those files.
scores = {m: float(attribute(m, "score", "metrics")) for m in alone[:3]}
best = max(scores, key=scores.get)
chosen = open(f"{run('distilled-chosen')}/chosen.txt").read().split()
assert [f.rsplit("/", 1)[1] for f in chosen if "/tiny/model-distillation/" in f] == [f"{best}.ini"], (scores, chosen)

for number, metric in (("1", "dice"), ("best", "dice_best")):
    rows = table(f"{root}/table{number}.csv")
    assert all(r["status"] == "run" and r["n"] == "4" and r["metric"] == metric for r in rows), rows
    assert [r["row"] for r in rows[::3]] == ["UNet", "Residual UNet", "Cascaded UNet", "Ensemble", "Distilled Model",
        "Distilled, kind by validation", "Residual U-Net, pool by itself", "Residual U-Net, pool by second seed",
        "Residual U-Net, second seed", "Distilled without pool", "Residual U-Net, true labels of the pool",
        "Ensemble, untrained", "Residual U-Net, pool by untrained"], rows
verdict = table(f"{root}/verdict.csv")
assert verdict and all(r["holds"] in ("yes", "no", "undecided") and r["ci_lo"] for r in verdict), verdict
page = open(f"{root}/report.html").read()
assert "the pool as Ensemble labels it" in page and "4 in the pool without labels" in page
# The branch that restores images: in the checkpoint, in no prediction.
with h5py.File(f"{run('residual')}/checkpoint.h5", "r", locking=False) as file:
    names = []
    file.visit(names.append)
assert any("/vae." in n or "/vae/" in n for n in names), names[:40]
PY
