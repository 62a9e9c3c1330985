"""Reads what the programs wrote: scores, histories, provenance."""

import json
from pathlib import Path

import h5py
import pandas as pd


def runs(root, method):
    """Folders of the runs of a row or a method, by fold and seed."""
    return sorted(Path(root, method).glob("fold*_seed*"))


def fold_of(run):
    return int(run.name.split("_seed")[0][4:])


def run_of_case(root, row, case):
    """The first run of a row that predicted a case; with folds only those of one fold did."""
    return next(run for run in runs(root, row) if (run / "predictions" / f"{case}.h5").exists())


def sheet_of(root):
    """The sheet of all cases that the runs were made from: of prepared volumes, or of source volumes."""
    for folder in ("prepared", "volumes"):
        # The pool of the first seed stands for all of them.
        of_seeds = sorted(place for place in Path(root, folder).glob("pool-seed*.tsv") if place.stem.count(".") == 0)
        for place in [*of_seeds, Path(root, folder, "study.tsv"), Path(root, folder, "cases.tsv")]:
            if place.exists():
                return place
    raise FileNotFoundError(f"{root}: no sheet of cases")


def dealt_into_folds(root):
    """Whether a study's cases are tested by folds; an experiment with folds may have a split at some scale."""
    sheet = pd.read_csv(sheet_of(root), sep="\t", dtype=str, keep_default_na=False)
    return bool((sheet["fold"] != "").any())


def kind_of(score):
    """The table that holds a score: `uncertainty` for those of uncertainty maps, else `cases`."""
    return "uncertainty" if score.startswith("qu_") else "cases"


def seed_of(run):
    return int(run.name.split("_seed")[1])


def case_scores(root, rows):
    """Long table of all per-case scores: row, fold, seed, case, region, metric, value, status."""
    tables = []
    for row in rows:
        for run in runs(root, row):
            if not (run / "cases.csv").exists():
                continue
            scores = pd.read_csv(run / "cases.csv", keep_default_na=False)
            scores["value"] = pd.to_numeric(scores["value"], errors="coerce")
            fold, seed = run.name.split("_seed")
            tables.append(scores.assign(row=row, fold=int(fold[4:]), seed=int(seed)))
    return pd.concat(tables, ignore_index=True)


def pooled_scores(root, rows):
    """Scores that have one value per run (pooled over cases): row, seed, region, metric, value."""
    found = []
    for row in rows:
        for run in runs(root, row):
            with open(run / "summary.json") as stream:
                summary = json.load(stream)
            for pooled in summary.get("pooled", []):
                found.append({"row": row, "seed": seed_of(run), **pooled})
    return pd.DataFrame(found, columns=["row", "seed", "region", "metric", "value"])


def over_seeds(root, row, kind):
    """Per-case scores of a row averaged over its seeds; None where there are none."""
    path = Path(root, row, f"{kind}-over-seeds.csv")
    if not path.exists():
        return None
    table = pd.read_csv(path, keep_default_na=False)
    table["value"] = pd.to_numeric(table["value"], errors="coerce")
    return table


def scores_over_seeds(root, row, region, metric):
    """One value per case of a row, averaged over its seeds; None where the study has no such row."""
    table = over_seeds(root, row, kind_of(metric))
    if table is None:
        return None
    return table[(table.region == region) & (table.metric == metric)].value.dropna()


def compared(root, high, low, region, metric):
    """What `evaluate` found of high - low, with the sign of the way round in which it did; (1, None) where it did not."""
    for sign, (reference, other) in ((1, (high, low)), (-1, (low, high))):
        path = Path(root, f"comparison-{reference}-{kind_of(metric)}.csv")
        if not path.exists():
            continue
        table = pd.read_csv(path)
        found = table[(table.against == other) & (table.region == region) & (table.metric == metric)]
        if len(found):
            return sign, found.iloc[0]
    return 1, None


def ends(sign, found):
    """The interval of a comparison, low end first."""
    return sorted([sign * found.ci_lo, sign * found.ci_hi])


def per_case_mean(scores, row, region, metric):
    """Scores of one row, region and metric averaged over seeds: one value per case."""
    chosen = scores[(scores.row == row) & (scores.region == region) & (scores.metric == metric)]
    return chosen.groupby("case").value.mean()


def provenance(path):
    """The provenance that a program stored in an HDF5 file, as a dictionary."""
    with h5py.File(path, "r", locking=False) as file:
        found = json.loads(file["provenance"].attrs["json"])
        found["content_sha256"] = file.attrs["content_sha256"]
        return found
