#!/usr/bin/env python3
"""The report: one self-contained HTML page on an experiment's runs."""

import argparse
import json
from pathlib import Path

import h5py
import jinja2
import pandas as pd
from figures import discriminator_curves, segmentations, training_curves
from results import case_scores, per_case_mean, pooled_scores, provenance, read_experiment, runs


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


def paper_table(path, methods_run):
    """Rows by region, columns by method, of a table<N>.csv; what was run comes first."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    columns = list(dict.fromkeys(frame["column"]))
    columns.sort(key=lambda c: c not in methods_run)
    cells = {(r["row"], r["column"]): r for r in frame.to_dict("records")}
    return {"rows": list(dict.fromkeys(frame["row"])), "columns": columns, "cells": cells}


def summary_counts(root, methods, region):
    """n and the empty cases behind a region's means, from the first run (all runs share the cases)."""
    with open(runs(root, methods[0])[0] / "summary.json") as stream:
        for row in json.load(stream)["summary"]:
            if row["region"] == region and row["metric"] == "dice":
                return row
    return {}


def extra_measures(scores, pooled, methods, regions):
    """Measures beside the paper's: free of the operating point, and distances."""
    rows = []
    for name, metric, pick in (
        ("average precision, voxels pooled over cases", "ap", "pooled"),
        ("Dice at the method's best threshold", "dice_best", "cases"),
        ("HD95 in mm (empty cases: see counts)", "hd95_mm", "cases"),
    ):
        for region in regions:
            values = []
            for method in methods:
                if pick == "pooled":
                    found = pooled[
                        (pooled.method == method) & (pooled.region == region) & (pooled.metric == metric)
                    ].value
                else:
                    found = per_case_mean(scores, method, region, metric)
                values.append(f"{found.mean():.3f}" if len(found) and metric != "hd95_mm" else (f"{found.mean():.1f}" if len(found) else "-"))
            rows.append({"measure": name, "region": region, "values": values})
    return rows


def settings_files(settings, experiment, methods, scale):
    names = list(dict.fromkeys(f for m in methods for f in experiment["methods"][m]["settings"]))
    files = [Path(settings) / n for n in [*names, experiment["recipe"]]]
    files.append(Path("config/scales") / scale / f"{Path(settings).name}.ini")
    return [{"name": str(f), "text": f.read_text()} for f in files if f.exists()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("experiment", "settings", "scale", "root", "output"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--methods", nargs="+", required=True)
    args = parser.parse_args()
    experiment = read_experiment(args.experiment)
    labels = {m: experiment["methods"][m]["label"] for m in args.methods}
    scores, pooled = case_scores(args.root, args.methods), pooled_scores(args.root, args.methods)
    cohort_file = Path(args.root) / "scans" / "cohort.json"
    cohort = json.loads(cohort_file.read_text()) if cohort_file.exists() else None
    sheet = pd.read_csv(Path(args.root) / "volumes" / "cases.tsv", sep="\t", dtype=str)
    tables = [
        {"number": n, **t, **paper_table(Path(args.root) / f"table{n}.csv", list(labels.values()))}
        for n, t in experiment["tables"].items()
    ]
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
        cohort=cohort,
        cohort_text=json.dumps({k: v for k, v in (cohort or {}).items() if k != 'files'}, indent=2),
        splits=sheet.groupby("split").size().to_dict(),
        strata=sheet.groupby("stratum").size().to_dict(),
        tables=tables,
        counts={r: summary_counts(args.root, args.methods, r) for r in experiment["regions"]},
        seeds=sorted(scores.seed.unique().tolist()),
        cases=scores.case.nunique(),
        extra=extra_measures(scores, pooled, args.methods, experiment["regions"]),
        curves=training_curves(args.root, args.methods, labels),
        discriminator=discriminator_curves(args.root, args.methods, labels),
        segmentations=segmentations(args.root, args.methods, labels, scores),
        settings=settings_files(args.settings, experiment, args.methods, args.scale),
    )
    Path(args.output).write_text(page)


if __name__ == "__main__":
    main()
