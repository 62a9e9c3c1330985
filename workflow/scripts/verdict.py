#!/usr/bin/env python3
"""Which of the paper's orderings hold in our runs, and what the control cohorts say.

One row per statement: what is stated, whether it holds, the difference of means over cases (averaged over
seeds) with its 95 % bootstrap interval over cases, n cases and seeds. The interval decides, not the sign:

yes        every difference in the interval is as stated
no         none is
undecided  some are and some are not: of `A above B` the interval contains 0; or there is no interval
not-run    a row of the statement was not run

Statements on one row's mean ("at most", "within ... of the published") have the interval of that mean less what it is
held against. What was published is no measure of synthetic cases: such statements are made of real ones alone.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from experiment import load, rows
from results import compared, ends, runs, scores_over_seeds, seed_of


def above(low, high):
    """Whether a difference is positive."""
    return "yes" if low > 0 else "no" if high < 0 else "undecided"


def below(low, high):
    """Whether a difference is negative."""
    return above(-high, -low)


def within(limit):
    """Whether a difference is at most `limit` either way."""

    def judged(low, high):
        if -limit <= low and high <= limit:
            return "yes"
        return "no" if low > limit or high < -limit else "undecided"

    return judged


def nothing(half_width):
    """Whether there is no difference, as far as an interval of at most this half-width can tell."""

    def judged(low, high):
        if low > 0 or high < 0:
            return "no"
        return "yes" if (high - low) / 2 <= half_width else "undecided"

    return judged


def interval_of_mean(values):
    """95 % bootstrap interval of a mean over cases; always the same for the same values."""
    drawn = np.random.default_rng(0).integers(len(values), size=(10000, len(values)))
    return np.percentile(np.asarray(values)[drawn].mean(axis=1), [2.5, 97.5])


def pairs(row):
    """Who should be above whom by a statement of the verdict."""
    groups = row.get("above", [])
    return [(a, b) for upper, lower in zip(groups, groups[1:]) for a in upper for b in lower]


class Verdict:
    def __init__(self, experiment, root, run):
        self.experiment, self.root, self.run = experiment, Path(root), run
        self.rows = []

    def add(self, root, statement, region, metric, high, low, judged):
        """One row on high - low; `judged(ends of the interval)` decides."""
        a = scores_over_seeds(root, high, region, metric) if high in self.run else None
        b = scores_over_seeds(root, low, region, metric) if low in self.run else None
        row = {"statement": statement, "region": region, "metric": metric, "cohort": Path(root).name}
        if a is None or b is None or not len(a) or not len(b):
            self.rows.append({**row, "holds": "not-run"})
            return
        sign, found = compared(root, high, low, region, metric)
        row["holds"] = "undecided"
        if found is not None:
            lowest, highest = ends(sign, found)
            row["holds"] = judged(lowest, highest)
            row.update(ci_lo=f"{lowest:.4f}", ci_hi=f"{highest:.4f}")
            row.update(p_t=f"{found.p_t:.4g}", p_wilcoxon=f"{found.p_wilcoxon:.4g}")
        row.update(
            difference=f"{a.mean() - b.mean():.4f}",
            n=str(len(a)),
            seeds=str(len({seed_of(run) for run in runs(root, high)})),
        )
        self.rows.append(row)

    def add_mean(self, statement, region, metric, name, level, judged):
        """One row on the mean of a row less a level."""
        values = scores_over_seeds(self.root, name, region, metric) if name in self.run else None
        row = {"statement": statement, "region": region, "metric": metric, "cohort": self.root.name}
        if values is None or not len(values):
            self.rows.append({**row, "holds": "not-run"})
            return
        low, high = interval_of_mean(values - level)
        row.update(ci_lo=f"{low:.4f}", ci_hi=f"{high:.4f}", difference=f"{values.mean() - level:.4f}", holds=judged(low, high))
        self.rows.append({**row, "n": str(len(values)), "seeds": str(len({seed_of(run) for run in runs(self.root, name)}))})

    def means(self, row, claimed):
        """Statements on the means of single rows; without claims none on what was published."""
        labels = rows(self.experiment)
        for region in row["regions"]:
            for name in row.get("methods", []):
                if "at_most" in row:
                    level = row["at_most"]
                    self.add_mean(f"{labels[name]} at most {level:g}", region, row["metric"], name, level, below)
                elif "published" in row and claimed is not None:
                    level = self.published(claimed, row["table"], name, region)
                    text = f"{labels[name]} within {row['published']:g} of the published {level:g}"
                    self.add_mean(text, region, row["metric"], name, level, within(row["published"]))

    def published(self, claimed, number, name, region):
        """What the paper's table says of a row; the table's own rows name it."""
        table = self.experiment["tables"][number]
        label = next(line for line, row in table["rows"].items() if row == name)
        found = claimed[(claimed.table == number) & (claimed.row == label) & (claimed.column == region)]
        return float(found.iloc[0].value) / self.experiment["metrics"][table["metric"]].get("factor", 1)

    def orderings(self, claimed):
        labels = rows(self.experiment)
        for row in self.experiment["verdict"]:
            if "of" not in row:
                self.means(row, claimed)
            for region in row["regions"]:
                for a, b in pairs(row):
                    self.add(self.root, f"{labels[a]} above {labels[b]}", region, row["metric"], a, b, above)
                for b in row["methods"] if "of" in row else []:
                    text = f"{labels[row['of']]} within {row['within']} of {labels[b]}"
                    self.add(self.root, text, region, row["metric"], row["of"], b, within(row["within"]))

    def controls(self, names):
        for name in names:
            control = self.experiment["controls"][name]
            expect = control["expect"]
            root = self.root.with_name(f"{self.root.name}-{name}")
            half = expect["half_width"]
            text = f"{control['title']}: difference 0 within the interval, half-width at most {half}"
            self.add(root, text, expect["region"], expect["metric"], expect["reference"], expect["against"], nothing(half))

    def amounts(self, names):
        """What is stated of the main study, with other numbers of labels, where that compares the two."""
        labels = rows(self.experiment)
        for name in names:
            amount = self.experiment["amounts"][name]
            root = self.root.with_name(f"{self.root.name}-{name}")
            said = [(row, region, a, b) for row in self.experiment["verdict"] for region in row["regions"] for a, b in pairs(row)]
            for row, region, a, b in said:
                if b in amount["comparisons"].get(a, []) or a in amount["comparisons"].get(b, []):
                    text = (
                        f"With {amount['labelled']} label{'s' if amount['labelled'] > 1 else ''}: {labels[a]} above {labels[b]}"
                    )
                    self.add(root, text, region, row["metric"], a, b, above)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("experiment", "root", "output"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rows", nargs="+", required=True)
    parser.add_argument("--claimed", help="the paper's tables, of a run on its data")
    for name in ("controls", "amounts"):
        parser.add_argument(f"--{name}", nargs="*", default=[])
    args = parser.parse_args()
    verdict = Verdict(load(args.experiment), args.root, args.rows)
    verdict.orderings(pd.read_csv(args.claimed, dtype={"table": str}) if args.claimed else None)
    verdict.amounts(args.amounts)
    verdict.controls(args.controls)
    columns = "statement region metric holds difference ci_lo ci_hi p_t p_wilcoxon n seeds cohort".split()
    pd.DataFrame(verdict.rows, columns=columns).to_csv(args.output, index=False)


if __name__ == "__main__":
    main()
