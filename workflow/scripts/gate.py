#!/usr/bin/env python3
"""The demo's verdict: prints the table of the main line and whether the run shows what it must; exit 1 otherwise.

All losses must be finite, and the values that the experiment's `gate` names at least what it says. Entries of the
gate without `at_least`, and all other scores, are printed as found.
"""

import argparse
import sys

import numpy as np
import pandas as pd
from experiment import load, rows, rows_of, trained
from results import case_scores, per_case_mean, pooled_scores, runs

SCORES = {"dice": "Dice", "dice_best": "Dice at the best threshold", "ap": "average precision"}


def losses_finite(root, methods):
    for method in methods:
        for run in runs(root, method):
            history = pd.read_csv(run / "history.csv")
            losses = history[[c for c in history.columns if "loss" in c or "entropy" in c]]
            of_training = losses.drop(columns="validation-loss", errors="ignore")
            validated = losses.get("validation-loss", pd.Series(dtype=float)).dropna()
            if of_training.empty or not np.isfinite(of_training).all().all() or not np.isfinite(validated).all():
                return False
    return True


class Gate:
    def __init__(self, experiment, root, found):
        self.entries, self.labels = experiment.get("gate", []), rows(experiment)
        self.scores, self.pooled = case_scores(root, found), pooled_scores(root, found)

    def value(self, row, region, metric):
        """Mean over cases, of `ap` that of the runs' pooled values; nan where the row was not run."""
        if metric != "ap":
            return per_case_mean(self.scores, row, region, metric).mean()
        table = self.pooled
        return table[(table.row == row) & (table.region == region) & (table.metric == metric)].value.mean()

    def table(self, found, regions):
        width = max(len(row) for row in found) + 2
        print(f"\nSynthetic cohort, {self.scores.case.nunique()} test cases; Dice (mean over cases) | average precision (pooled)")
        print(" " * width + "".join(f"{region:>18}" for region in regions))
        for row in found:
            cells = (f"{self.value(row, r, 'dice'):.3f} | {self.value(row, r, 'ap'):.3f}" for r in regions)
            print(f"{row:{width}}" + "".join(f"{cell:>18}" for cell in cells))

    def checks(self):
        """What is said of each gated entry, and whether it holds; entries without a bound are printed."""
        results = {}
        for entry in self.entries:
            row, region, metric = entry["method"], entry["region"], entry["metric"]
            value, what = self.value(row, region, metric), f"{row} {region} {SCORES[metric]} {{:.3f}}"
            if "minus" in entry:
                value -= self.value(entry["minus"], region, metric)
                what = f"{region} {SCORES[metric]}, {row} - {entry['minus']} {{:+.3f}}"
            if "at_least" in entry:
                results[f"{what.format(value)} >= {entry['at_least']}"] = bool(value >= entry["at_least"])
            else:
                print(f"{what.format(value)} (as found, not gated)")
        return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root")
    parser.add_argument("--report", required=True)
    parser.add_argument("--experiment", required=True)
    args = parser.parse_args()
    experiment = load(args.experiment)
    main_line = [row for name in experiment["main"] for row in rows_of(experiment, name)]
    found = [row for row in rows(experiment) if row in main_line and runs(args.root, row)]
    gate = Gate(experiment, args.root, found)
    gate.table(found, experiment["regions"])
    checks = {"losses finite": losses_finite(args.root, trained(experiment, found)), **gate.checks()}
    print(f"report: {args.report}")
    failed = [name for name, passed in checks.items() if not passed]
    if failed:
        print("demo: gate FAILED: " + "; ".join(failed))
        sys.exit(1)
    print("demo: gate passed: " + "; ".join(checks))


if __name__ == "__main__":
    main()
