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
from experiment import load, recipes_of, rows, trained
from results import case_scores, dealt_into_folds, fold_of, per_case_mean, pooled_scores, provenance, runs, seed_of, sheet_of


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
    validation = history.get("score", pd.Series(dtype=float)).dropna()
    return {
        "label": row["label"],
        "program": row["program"],
        "teacher": row.get("teacher"),
        "init": row.get("init"),
        "annotated": row.get("annotated", {}).get("by"),
        "translated": row.get("translated", {}).get("by"),
        "tests": row.get("tests"),
        "channels": channels,
        "parameters": f"{count_parameters(run / 'checkpoint.h5'):,}",
        "epochs": len(history),
        "minutes": f"{history.filter(like='seconds-').to_numpy().sum() / 60:.1f}",
        "best": f"{validation.max():.3f} ({int(history['epoch'][validation.idxmax()])})" if len(validation) else "",
        "device": made.get("device", ""),
        "checkpoint": made["content_sha256"][:16],
        "version": made.get("version", ""),
        "commit": made.get("commit", ""),
        "started": made.get("started", ""),
    }


def paper_table(path, claimed, real, methods_in_rows):
    """Lines by method, columns by region, of a table<N>.csv; the published value beside ours on real data only."""
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


def summary_counts(root, row, region):
    """n and the empty cases behind a region's means, from a row's runs of one seed (all rows share the cases)."""
    found, total = runs(root, row), {}
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
    """Cases by split, or by fold where the cohort has no split, and those without labels, by cohort."""
    found = {}
    for cohort, cases in sheet.groupby(sheet.get("cohort", sheet["case"].str.slice(0, 0)), sort=False):
        own = cases.groupby("split").size().to_dict()
        own = own or {f"in fold {fold}": n for fold, n in cases.groupby("fold").size().items()}
        pool = int((cases["pool"] == "yes").sum()) if "pool" in cases else 0
        found[cohort] = {**own, **({"in the pool without labels": pool} if pool else {})}
    return found


def extra_measures(scores, pooled, row_names, regions):
    """Measures beside the paper's, one line per row: free of the operating point, and distances."""
    measures = [
        ("Dice, arg max", "dice", "cases", "{:.3f}"),
        ("Dice at the best threshold", "dice_best", "cases", "{:.3f}"),
        ("average precision", "ap", "pooled", "{:.3f}"),
        ("HD95 in mm", "hd95_mm", "cases", "{:.1f}"),
    ]
    lines = []
    for name in row_names:
        cells = []
        for _, metric, kind, shape in measures:
            for region in regions:
                if kind == "pooled":
                    found = pooled[(pooled.row == name) & (pooled.region == region) & (pooled.metric == metric)].value
                else:
                    found = per_case_mean(scores, name, region, metric)
                cells.append(shape.format(found.mean()) if len(found) else "-")
        lines.append({"row": name, "cells": cells})
    return [m[0] for m in measures], lines


def cohorts_of(root, experiment):
    """What phantom wrote about each synthetic cohort, by name; empty for real ones."""
    found = {}
    for name in experiment["cohorts"]:
        for file in (root / "scans" / name / "cohort.json", root / "scans" / "cohort.json"):
            if file.exists():
                found[name] = {k: v for k, v in json.loads(file.read_text()).items() if k != "files"}
                break
    return found


def figures_of(root, experiment):
    """The experiment's figures that were made, as data URIs."""
    found = []
    for number, figure in experiment.get("figures", {}).items():
        image = image_file(root / f"figure{number}.png")
        if image:
            title = experiment["regions"].get(figure.get("region"), "")
            found.append({"note": "", **figure, "image": image, "title": title})
    return found


def recipes(experiment, settings, methods):
    """The recipes that some methods and the cohorts name, each once."""
    named = [experiment["recipe"], *(c.get("recipe") for c in experiment["cohorts"].values())]
    named += [recipe for m in methods for recipe in recipes_of(experiment, m)]
    return [f"{settings}/{name}" for name in dict.fromkeys(named) if name]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("experiment", "settings", "scale", "root", "output"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("rows", "files"):
        parser.add_argument(f"--{name}", nargs="+", required=True)
    args = parser.parse_args()
    root = Path(args.root)
    experiment = load(args.experiment)
    claimed = pd.read_csv(Path(args.settings, "claimed.csv"), dtype=str, keep_default_na=False)
    methods = trained(experiment, args.rows)
    labels = {m: row["label"] for m, row in experiment["methods"].items()} | rows(experiment)
    scores, pooled = case_scores(args.root, args.rows), pooled_scores(args.root, args.rows)
    synthetic = cohorts_of(root, experiment)
    sheet = pd.read_csv(sheet_of(root), sep="\t", dtype=str)
    tables = [
        {
            "number": n,
            **t,
            **experiment["metrics"][t["metric"]],
            **paper_table(root / f"table{n}.csv", claimed[claimed.table == n], not synthetic, "rows" in t),
        }
        for n, t in experiment["tables"].items()
    ]
    measures, extra = extra_measures(scores, pooled, args.rows, experiment["regions"])
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
        methods=[describe_method(args.root, m, experiment["methods"][m]) for m in methods],
        labels=labels,
        reference=labels[experiment["reference"]],
        synthetic=synthetic,
        knobs={name: json.dumps(cohort, indent=2) for name, cohort in synthetic.items()},
        leaks=leaks(args.root, methods, labels),
        splits=parts(sheet),
        folds=sorted({fold_of(run) for r in args.rows for run in runs(root, r)}) if dealt_into_folds(root) else [],
        strata=sheet.groupby("stratum").size().to_dict(),
        tables=tables,
        counts={r: summary_counts(args.root, args.rows[0], r) for r in experiment["regions"]},
        seeds=sorted(scores.seed.unique().tolist()),
        cases=scores.case.nunique(),
        measures=measures,
        extra=extra,
        statements=statements(root / "verdict.csv"),
        curves=training_curves(args.root, methods, labels),
        discriminator=discriminator_curves(args.root, methods, labels),
        figures=figures_of(root, experiment),
        settings=[{"name": f, "text": Path(f).read_text()} for f in [*args.files, *recipes(experiment, args.settings, methods)]],
    )
    Path(args.output).write_text(page)


if __name__ == "__main__":
    main()
