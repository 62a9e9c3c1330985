"""Reads what the programs wrote: scores, histories, provenance."""

import json
from pathlib import Path

import h5py
import pandas as pd
import yaml


def read_experiment(path):
    with open(path) as stream:
        return yaml.safe_load(stream)


def runs(root, method):
    """Folders of one method's runs, by fold and seed."""
    return sorted(Path(root, method).glob("fold*_seed*"))


def fold_of(run):
    return int(run.name.split("_seed")[0][4:])


def run_of_case(root, method, case):
    """The first run of a method that predicted a case; with folds only those of one fold did."""
    return next(run for run in runs(root, method) if (run / "predictions" / f"{case}.h5").exists())


def volumes(root):
    """The folder of the volumes that the runs were made from: prepared ones, or source volumes."""
    prepared = Path(root, "prepared")
    return prepared if (prepared / "cases.tsv").exists() else Path(root, "volumes")


def seed_of(run):
    return int(run.name.split("_seed")[1])


def case_scores(root, methods):
    """Long table of all per-case scores: method, fold, seed, case, region, metric, value, status."""
    tables = []
    for method in methods:
        for run in runs(root, method):
            if not (run / "cases.csv").exists():
                continue
            scores = pd.read_csv(run / "cases.csv", keep_default_na=False)
            scores["value"] = pd.to_numeric(scores["value"], errors="coerce")
            fold, seed = run.name.split("_seed")
            tables.append(scores.assign(method=method, fold=int(fold[4:]), seed=int(seed)))
    return pd.concat(tables, ignore_index=True)


def pooled_scores(root, methods):
    """Scores that have one value per run (pooled over cases): method, seed, region, metric, value."""
    rows = []
    for method in methods:
        for run in runs(root, method):
            with open(run / "summary.json") as stream:
                summary = json.load(stream)
            for row in summary.get("pooled", []):
                rows.append({"method": method, "seed": seed_of(run), **row})
    return pd.DataFrame(rows, columns=["method", "seed", "region", "metric", "value"])


def over_seeds(root, method, kind):
    """Per-case scores of a method averaged over its seeds; None where there are none."""
    path = Path(root, method, f"{kind}-over-seeds.csv")
    if not path.exists():
        return None
    table = pd.read_csv(path, keep_default_na=False)
    table["value"] = pd.to_numeric(table["value"], errors="coerce")
    return table


def per_case_mean(scores, method, region, metric):
    """Scores of one method, region and metric averaged over seeds: one value per case."""
    chosen = scores[
        (scores.method == method) & (scores.region == region) & (scores.metric == metric)
    ]
    return chosen.groupby("case").value.mean()


def provenance(path):
    """The provenance that a program stored in an HDF5 file, as a dictionary."""
    with h5py.File(path, "r", locking=False) as file:
        found = json.loads(file["provenance"].attrs["json"])
        found["content_sha256"] = file.attrs["content_sha256"]
        return found
