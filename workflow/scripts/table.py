#!/usr/bin/env python3
"""The paper's tables from our runs: the keys of claimed.csv with our values, n, seeds, p and status.

Scores are averaged over seeds per case before mean and standard deviation (ddof 1) over cases. `p` is that of the
paired two-sided t-test of the reference row against the cell's, in the reference's own cells the largest p among
its rivals; `stars` there: * p < 0.05, ** p < 0.001 against every rival, the reference being better each time. Of a
paper with folds, value and spread (`std` with ddof 1, `std_ddof0` with 0) are those of the folds' means. A row that
was not run stays in the table with status `not-run`; rows that the paper does not have come last.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from experiment import load, method_of, rows
from results import case_scores, dealt_into_folds, kind_of, over_seeds, runs, seed_of


def stars_of(p):
    return "**" if p < 0.001 else "*" if p < 0.05 else ""


def check_cases(experiment, scores):
    """All rows that test the same cohort are scored on the same cases; else their means say nothing beside each other."""
    cases = scores.groupby("row").case.agg(lambda own: frozenset(own))
    first = {}
    for row, own in cases.items():
        tested = experiment["methods"][method_of(row)].get("tests")
        other = first.setdefault(tested, row)
        if own != cases[other]:
            sys.exit(f"tables: error: {other} and {row} are scored on other cases ({min(own ^ cases[other])}, say)")


class Tables:
    def __init__(self, experiment, claimed, root, run):
        self.experiment, self.claimed, self.root, self.run = experiment, claimed, root, run
        self.labels = rows(experiment)
        self.row_of = {label: name for name, label in self.labels.items()}
        self.reference = experiment["reference"]
        self.folds = dealt_into_folds(root)
        self.comparisons = {}
        for kind in ("cases", "uncertainty"):
            path = Path(root, f"comparison-{self.reference}-{kind}.csv")
            self.comparisons[kind] = pd.read_csv(path) if path.exists() else None

    def regions_of(self, column):
        """The regions whose mean a column holds: one, or all of them."""
        return list(self.experiment["regions"]) if column == self.experiment.get("mean") else [column]

    def values(self, row, regions, metric):
        """Per-case values, averaged over seeds and regions; None where the row was not run or has no such score."""
        if row not in self.run:
            return None
        table = over_seeds(self.root, row, kind_of(metric["score"]))
        if table is None:
            return None
        chosen = table[table.region.isin(regions) & (table.metric == metric["score"])]
        if not len(chosen):
            return None
        values = chosen.value if len(regions) == 1 else chosen.groupby("case").value.mean()
        return metric.get("factor", 1) * values.dropna()

    def fold_means(self, row, regions, metric):
        """Means over the cases of each fold, averaged over seeds and regions per case first."""
        table = case_scores(self.root, [row])
        chosen = table[table.region.isin(regions) & (table.metric == metric["score"])]
        return metric.get("factor", 1) * chosen.groupby(["fold", "case"]).value.mean().groupby("fold").mean()

    def compared(self, row, region, metric):
        """The comparison of the reference with a row: mean difference and p of the t-test."""
        table = self.comparisons[kind_of(metric["score"])]
        if table is None:
            return None
        found = table[(table.against == row) & (table.region == region) & (table.metric == metric["score"])]
        return found.iloc[0] if len(found) else None

    def test(self, row, region, metric):
        """p and stars of one cell."""
        if row != self.reference:
            found = self.compared(row, region, metric)
            return ("" if found is None else f"{found.p_t:.6g}"), ""
        found = [self.compared(m, region, metric) for m in self.experiment["rivals"] if m in self.run]
        found = [comparison for comparison in found if comparison is not None]
        if not found:
            return "", ""
        p = max(comparison.p_t for comparison in found)
        better = all(comparison.mean_difference > 0 for comparison in found)
        return f"{p:.6g}", stars_of(p) if better else ""

    def cell(self, row, column, table):
        """What a run gives for one cell of a table."""
        metric, regions = self.experiment["metrics"][table["metric"]], self.regions_of(column)
        folds = {"std_ddof0": "", "folds": 0} if self.folds else {}
        empty = {"value": "", "std": "", **folds, "n": 0, "seeds": 0, "p": "", "stars": "", "status": "not-run"}
        values = self.values(row, regions, metric)
        if values is None:
            return empty
        spread = self.fold_means(row, regions, metric) if self.folds else values
        value, std = spread.mean(), spread.std(ddof=1)
        p, stars = self.test(row, column, metric)
        if "gain_of" in metric:
            own = self.values(metric["gain_of"], regions, metric)
            if own is None:
                return empty
            value, std = 100 * (own.mean() / value - 1) if value else float("nan"), float("nan")
        found = runs(self.root, row)
        folds = {"std_ddof0": "" if std != std else f"{spread.std(ddof=0):.4f}", "folds": len(spread)}
        return {
            "value": f"{value:.4f}",
            "std": "" if std != std else f"{std:.4f}",
            **(folds if self.folds else {}),
            "n": len(values),
            "seeds": len({seed_of(run) for run in found}) if self.folds else len(found),
            "p": p,
            "stars": stars,
            "status": "run",
        }

    def table_of_rows(self, number):
        """A table with methods in rows and regions in columns; the experiment names each row's method."""
        table = self.experiment["tables"][number]
        lines = []
        for claim in self.claimed[self.claimed.table == number].to_dict("records"):
            cell = self.cell(table["rows"].get(claim["row"]), claim["column"], table)
            lines.append({**claim, "note": table.get("notes", {}).get(claim["row"], ""), **cell})
        for row in table.get("extras", []):
            for column in dict.fromkeys(line["column"] for line in lines):
                cell = self.cell(row, column, table)
                if cell["status"] == "run":
                    line = {"table": number, "row": self.labels[row], "column": column, "metric": table["metric"]}
                    lines.append({**line, "note": "not in the paper", **cell})
        return pd.DataFrame(lines)

    def table_of_columns(self, number):
        """A table with regions in rows and methods, by their labels, in columns."""
        table = self.experiment["tables"][number]
        claims = self.claimed[self.claimed.table == number]
        lines = []
        for claim in claims.to_dict("records"):
            lines.append({**claim, "note": "", **self.cell(self.row_of.get(claim["column"]), claim["row"], table)})
        left_out = [self.experiment["metrics"][table["metric"]].get("gain_of"), *table.get("without", [])]
        for row in self.run:
            if self.labels[row] in set(claims["column"]) or row in left_out:
                continue
            for region in dict.fromkeys(claims["row"]):
                cell = self.cell(row, region, table)
                if cell["status"] == "run":
                    line = {"table": number, "row": region, "column": self.labels[row], "metric": table["metric"]}
                    lines.append({**line, "note": "not in the paper", **cell})
        return pd.DataFrame(lines)

    def table(self, number):
        return self.table_of_rows(number) if "rows" in self.experiment["tables"][number] else self.table_of_columns(number)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("experiment", "claimed", "root"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rows", nargs="+", required=True)
    args = parser.parse_args()
    experiment = load(args.experiment)
    claimed = pd.read_csv(args.claimed, dtype=str, keep_default_na=False)
    check_cases(experiment, case_scores(args.root, args.rows))
    tables = Tables(experiment, claimed, args.root, args.rows)
    for number in experiment["tables"]:
        tables.table(number).to_csv(Path(args.root, f"table{number}.csv"), index=False)


if __name__ == "__main__":
    main()
