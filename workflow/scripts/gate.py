#!/usr/bin/env python3
"""The demo's verdict: prints the table of the main line and whether the run shows what it must; exit 1 otherwise.

All losses must be finite, and the values that the experiment's `gate` names at least what it says, in every seed that was
run. Entries of the gate without `at_least`, and all other scores, are printed as found, as means over seeds.
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
        self.mean, self.regions = experiment.get("mean"), list(experiment["regions"])
        self.scores, self.pooled = case_scores(root, found), pooled_scores(root, found)

    def value(self, row, region, metric, seed=None):
        """Mean over cases, of `ap` that of the runs' pooled values; of one seed or all; nan where the row was not run."""
        if region == self.mean:
            return float(np.mean([self.value(row, own, metric, seed) for own in self.regions]))
        scores, table = self.scores, self.pooled
        if seed is not None:
            scores, table = scores[scores.seed == seed], table[table.seed == seed]
        if metric != "ap":
            return per_case_mean(scores, row, region, metric).mean()
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
            what, shape = f"{row} {region} {SCORES[metric]}", "{:.3f}"
            if "minus" in entry:
                what, shape = f"{region} {SCORES[metric]}, {row} - {entry['minus']}", "{:+.3f}"

            def found(seed=None, entry=entry, row=row, region=region, metric=metric):
                other = self.value(entry["minus"], region, metric, seed) if "minus" in entry else 0
                return self.value(row, region, metric, seed) - other

            if "at_least" not in entry:
                print(f"{what} {shape.format(found())} (as found, not gated)")
                continue
            values = [found(seed) for seed in sorted(self.scores.seed.unique())]
            reached = [bool(value >= entry["at_least"]) for value in values]
            said = " ".join(shape.format(value) for value in values)
            seeds = f" in {sum(reached)} of {len(reached)} seeds" if len(reached) > 1 else ""
            results[f"{what} {said} >= {entry['at_least']}{seeds}"] = all(reached)
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
    if not found:
        sys.exit(f"gate: error: {args.root}: no results of {', '.join(main_line)}; run the workflow first")
    gate = Gate(experiment, args.root, found)
    gate.table(found, [*experiment["regions"], *([experiment["mean"]] if "mean" in experiment else [])])
    checks = {"losses finite": losses_finite(args.root, trained(experiment, found)), **gate.checks()}
    print(f"report: {args.report}")
    failed = [name for name, passed in checks.items() if not passed]
    if failed:
        print("demo: gate FAILED: " + "; ".join(failed))
        sys.exit(1)
    print("demo: gate passed: " + "; ".join(checks))


if __name__ == "__main__":
    main()
