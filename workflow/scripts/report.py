#!/usr/bin/env python3
"""The report: one self-contained HTML page on an experiment's runs."""

import argparse
import base64
import json
from pathlib import Path

import h5py
import jinja2
import pandas as pd
from curves import discriminator_curves, training_curves
from results import case_scores, fold_of, per_case_mean, pooled_scores, provenance, read_experiment, runs, seed_of, volumes


def count_parameters(checkpoint):
    total = 0
    with h5py.File(checkpoint, "r", locking=False) as file:

        def visit(name, item):
            nonlocal total
            if isinstance(item, h5py.Dataset) and "parameters/" in name:
                total += item.size

        file.visititems(visit)
    return total


def describe_method(root, name, row):
    """What was trained: inputs, length, size, time."""
    run = runs(root, name)[0]
    history = pd.read_csv(run / "history.csv")
    made = provenance(run / "checkpoint.h5")
    with h5py.File(run / "checkpoint.h5", "r", locking=False) as file:
        channels = [c.decode() if isinstance(c, bytes) else c for c in file.attrs["channels"]]
    validation = history["score"]
    return {
        "label": row["label"],
        "program": row["program"],
        "teacher": row.get("teacher"),
        "init": row.get("init"),
        "channels": channels,
        "parameters": f"{count_parameters(run / 'checkpoint.h5'):,}",
        "epochs": len(history),
        "minutes": f"{history.filter(like='seconds-').to_numpy().sum() / 60:.1f}",
        "best": f"{validation.max():.3f}",
        "best_epoch": int(history["epoch"][validation.idxmax()]),
        "device": made.get("device", ""),
        "checkpoint": made["content_sha256"][:16],
        "version": made.get("version", ""),
        "commit": made.get("commit", ""),
        "started": made.get("started", ""),
        "command": made.get("command_line", ""),
    }


def paper_table(path, claimed, real, methods_in_rows):
    """Rows by method, columns by region, of a table<N>.csv; the published value beside ours on real data only."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    if methods_in_rows:
        turned = {"row": "column", "column": "row"}
        frame, claimed = frame.rename(columns=turned), claimed.rename(columns=turned)
    published = {}
    if real:
        published = {(c["row"], c["column"]): c for c in claimed.to_dict("records")}
    methods = list(dict.fromkeys(frame["column"]))
    methods.sort(key=lambda m: not (frame[frame["column"] == m]["status"] == "run").any())
    return {
        "regions": list(dict.fromkeys(frame["row"])),
        "methods": methods,
        "cells": {(r["row"], r["column"]): r for r in frame.to_dict("records")},
        "published": published,
    }


def image_file(path):
    """A PNG as a data URI, so that the page needs no other file; None where it was not made."""
    if not path.exists():
        return None
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"


def statements(path):
    """The verdict's rows."""
    return pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")


def summary_counts(root, methods, region):
    """n and the empty cases behind a region's means, from the runs of one seed (all methods share the cases)."""
    found, total = runs(root, methods[0]), {}
    for run in found:
        if seed_of(run) != seed_of(found[0]):
            continue
        with open(run / "summary.json") as stream:
            for row in json.load(stream)["summary"]:
                if row["region"] == region and row["metric"] == "dice":
                    for key in ("n", "n_ref_empty", "n_both_empty"):
                        total[key] = total.get(key, 0) + row[key]
    return total


def leaks(root, methods, labels):
    """Methods with a teacher that was trained on test cases, and how many of them (--allow-leak)."""
    found = {}
    for method in methods:
        for run in runs(root, method):
            with h5py.File(run / "checkpoint.h5", "r", locking=False) as file:
                cases = file["metrics"].attrs.get("leaked-cases", 0) if "metrics" in file else 0
            if cases:
                found[labels[method]] = max(found.get(labels[method], 0), int(cases))
    return found


def parts(sheet):
    """Cases by split, or by fold where the cohort has no split."""
    found = sheet.groupby("split").size().to_dict()
    return found or {f"in fold {fold}": n for fold, n in sheet.groupby("fold").size().items()}


def extra_measures(scores, pooled, methods, regions):
    """Measures beside the paper's, one row per method: free of the operating point, and distances."""
    measures = [
        ("Dice, arg max", "dice", "cases", "{:.3f}"),
        ("Dice at the best threshold", "dice_best", "cases", "{:.3f}"),
        ("average precision", "ap", "pooled", "{:.3f}"),
        ("HD95 in mm", "hd95_mm", "cases", "{:.1f}"),
    ]
    rows = []
    for method in methods:
        cells = []
        for _, metric, kind, shape in measures:
            for region in regions:
                if kind == "pooled":
                    found = pooled[
                        (pooled.method == method) & (pooled.region == region) & (pooled.metric == metric)
                    ].value
                else:
                    found = per_case_mean(scores, method, region, metric)
                cells.append(shape.format(found.mean()) if len(found) else "-")
        rows.append({"method": method, "cells": cells})
    return [m[0] for m in measures], rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("experiment", "settings", "scale", "root", "output"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("methods", "files"):
        parser.add_argument(f"--{name}", nargs="+", required=True)
    args = parser.parse_args()
    root = Path(args.root)
    experiment = read_experiment(args.experiment)
    claimed = pd.read_csv(Path(args.settings, "claimed.csv"), dtype=str, keep_default_na=False)
    labels = {m: row["label"] for m, row in experiment["methods"].items()}
    scores, pooled = case_scores(args.root, args.methods), pooled_scores(args.root, args.methods)
    cohort_file = root / "scans" / "cohort.json"
    cohort = json.loads(cohort_file.read_text()) if cohort_file.exists() else None
    sheet = pd.read_csv(volumes(root) / "cases.tsv", sep="\t", dtype=str)
    tables = [
        {
            "number": n,
            **t,
            **paper_table(root / f"table{n}.csv", claimed[claimed.table == n], cohort is None, "rows" in t),
        }
        for n, t in experiment["tables"].items()
    ]
    measures, extra = extra_measures(scores, pooled, args.methods, experiment["regions"])
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    page = environment.get_template("report.html.j2").render(
        experiment=experiment,
        scale=args.scale,
        root=args.root,
        paper=Path(args.settings).name,
        methods=[describe_method(args.root, m, experiment["methods"][m]) for m in args.methods],
        names=args.methods,
        labels=labels,
        reference=labels[experiment["reference"]],
        cohort=cohort,
        cohort_text=json.dumps({k: v for k, v in (cohort or {}).items() if k != "files"}, indent=2),
        leaks=leaks(args.root, args.methods, labels),
        splits=parts(sheet),
        folds=sorted({fold_of(run) for m in args.methods for run in runs(root, m)}) if experiment.get("folds") else [],
        strata=sheet.groupby("stratum").size().to_dict(),
        tables=tables,
        counts={r: summary_counts(args.root, args.methods, r) for r in experiment["regions"]},
        seeds=sorted(scores.seed.unique().tolist()),
        cases=scores.case.nunique(),
        measures=measures,
        extra=extra,
        statements=statements(root / "verdict.csv"),
        curves=training_curves(args.root, args.methods, labels),
        discriminator=discriminator_curves(args.root, args.methods, labels),
        segmentations=image_file(root / "figure2.png"),
        filtering=image_file(root / "figure3.png"),
        settings=[
            {"name": f, "text": Path(f).read_text()}
            for f in [*args.files, f"{args.settings}/{experiment['recipe']}"]
        ],
    )
    Path(args.output).write_text(page)


if __name__ == "__main__":
    main()
