#!/usr/bin/env python3
"""The paper's tables from our runs: the keys of claimed.csv with our values, n, seeds, p and status.

Dice and uncertainty scores are averaged over seeds per case before mean and standard deviation (ddof 1) over
cases. `p` is that of the paired two-sided t-test of the reference method against the column's method, in the
reference's own column the largest p among its rivals; `stars` there: * p < 0.05, ** p < 0.001 against every
rival, the reference being better each time. Of a paper with folds, value and spread (`std` with ddof 1,
`std_ddof0` with 0) are those of the folds' means. A row of a method that was not run stays in the table with
status `not-run`; methods that the paper does not have come last.
"""

import argparse
from pathlib import Path

import pandas as pd
from results import case_scores, over_seeds, read_experiment, runs, seed_of

SCORE_OF = {
    "dice_percent": ("cases", "dice", 100),
    "uncertainty_score_0_1": ("uncertainty", "qu_score", 1),
    "relative_dice_gain_of_HAD-Net_percent": ("cases", "dice", 1),
}


def stars_of(p):
    return "**" if p < 0.001 else "*" if p < 0.05 else ""


class Tables:
    def __init__(self, experiment, claimed, root, methods):
        self.experiment, self.claimed, self.root, self.methods = experiment, claimed, root, methods
        self.method_of = {row["label"]: name for name, row in experiment["methods"].items()}
        self.reference = experiment["reference"]
        self.folds = bool(experiment.get("folds"))
        self.comparisons = {}
        for kind in ("cases", "uncertainty"):
            path = Path(root, f"comparison-{self.reference}-{kind}.csv")
            self.comparisons[kind] = pd.read_csv(path) if path.exists() else None

    def values(self, method, region, metric):
        """Per-case values, averaged over seeds; None where the method was not run or has no such score."""
        kind, score, factor = SCORE_OF[metric]
        if method not in self.methods:
            return None
        table = over_seeds(self.root, method, kind)
        if table is None:
            return None
        chosen = table[(table.region == region) & (table.metric == score)]
        return factor * chosen.value.dropna() if len(chosen) else None

    def fold_means(self, method, region, metric):
        """Means over the cases of each fold, averaged over seeds per case first."""
        _, score, factor = SCORE_OF[metric]
        table = case_scores(self.root, [method])
        chosen = table[(table.region == region) & (table.metric == score)]
        return factor * chosen.groupby(["fold", "case"]).value.mean().groupby("fold").mean()

    def compared(self, method, region, metric):
        """The comparison of the reference with a method: mean difference and p of the t-test."""
        kind, score, _ = SCORE_OF[metric]
        table = self.comparisons[kind]
        if table is None:
            return None
        found = table[(table.against == method) & (table.region == region) & (table.metric == score)]
        return found.iloc[0] if len(found) else None

    def test(self, method, region, metric):
        """p and stars of one cell."""
        if method != self.reference:
            found = self.compared(method, region, metric)
            return ("" if found is None else f"{found.p_t:.6g}"), ""
        found = [self.compared(m, region, metric) for m in self.experiment["rivals"] if m in self.methods]
        found = [row for row in found if row is not None]
        if not found:
            return "", ""
        p = max(row.p_t for row in found)
        better = all(row.mean_difference > 0 for row in found)
        return f"{p:.6g}", stars_of(p) if better else ""

    def cell(self, method, region, metric):
        """What a run gives for one cell of a table."""
        folds = {"std_ddof0": "", "folds": 0} if self.folds else {}
        empty = {"value": "", "std": "", **folds, "n": 0, "seeds": 0, "p": "", "stars": "", "status": "not-run"}
        values = self.values(method, region, metric)
        if values is None:
            return empty
        spread = self.fold_means(method, region, metric) if self.folds else values
        value, std = spread.mean(), spread.std(ddof=1)
        p, stars = self.test(method, region, metric)
        if metric.startswith("relative"):
            own = self.values(self.reference, region, metric)
            if own is None:
                return empty
            value, std = 100 * (own.mean() / value - 1) if value else float("nan"), float("nan")
        found = runs(self.root, method)
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
        rows = []
        for claim in self.claimed[self.claimed.table == number].to_dict("records"):
            cell = self.cell(table["rows"].get(claim["row"]), claim["column"], claim["metric"])
            rows.append({**claim, "note": table.get("notes", {}).get(claim["row"], ""), **cell})
        for method in table.get("extras", []):
            for region in dict.fromkeys(row["column"] for row in rows):
                cell = self.cell(method, region, table["metric"])
                label = self.experiment["methods"][method]["label"]
                if cell["status"] == "run":
                    row = {"table": number, "row": label, "column": region, "metric": table["metric"]}
                    rows.append({**row, "note": "not in the paper", **cell})
        return pd.DataFrame(rows)

    def table(self, number):
        if "rows" in self.experiment["tables"][number]:
            return self.table_of_rows(number)
        rows = []
        claims = self.claimed[self.claimed.table == number]
        for claim in claims.to_dict("records"):
            method = self.method_of.get(claim["column"])
            rows.append({**claim, "note": "", **self.cell(method, claim["row"], claim["metric"])})
        published = set(claims["column"])
        metric = self.experiment["tables"][number]["metric"]
        for method in self.methods:
            label = self.experiment["methods"][method]["label"]
            if label in published or (metric.startswith("relative") and method in (self.reference, "teacher")):
                continue
            for region in dict.fromkeys(claims["row"]):
                cell = self.cell(method, region, metric)
                if cell["status"] == "run":
                    note = "not in the paper"
                    rows.append({"table": number, "row": region, "column": label, "metric": metric, "note": note, **cell})
        return pd.DataFrame(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("experiment", "claimed", "root"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--methods", nargs="+", required=True)
    args = parser.parse_args()
    experiment = read_experiment(args.experiment)
    claimed = pd.read_csv(args.claimed, dtype=str, keep_default_na=False)
    tables = Tables(experiment, claimed, args.root, args.methods)
    for number in experiment["tables"]:
        tables.table(number).to_csv(Path(args.root, f"table{number}.csv"), index=False)


if __name__ == "__main__":
    main()
