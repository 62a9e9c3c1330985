#!/usr/bin/env python3
"""The demo's verdict: prints the table and whether the run shows what it must; exit 1 otherwise.

Gate (synthetic cohort): all losses finite, and for HAD-Net teacher WT Dice >= 0.8 and ET Dice >= 0.5; the
teacher's ET average precision at least 0.2 above the pre-trained student's. What HAD-Net gains or loses against
its start, and all scores of other papers, are printed as found and not gated.
"""

import argparse
import sys

import numpy as np
import pandas as pd
from results import case_scores, per_case_mean, pooled_scores, read_experiment, runs

WT_DICE, ET_DICE, AP_LEAD = 0.8, 0.5, 0.2


def losses_finite(root, methods):
    for method in methods:
        for run in runs(root, method):
            history = pd.read_csv(run / "history.csv")
            losses = history[[c for c in history.columns if "loss" in c or "entropy" in c]]
            trained = losses.drop(columns="validation-loss", errors="ignore")
            validated = losses.get("validation-loss", pd.Series(dtype=float)).dropna()
            if trained.empty or not np.isfinite(trained).all().all() or not np.isfinite(validated).all():
                return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root")
    parser.add_argument("--report", required=True)
    parser.add_argument("--experiment", required=True)
    args = parser.parse_args()
    experiment = read_experiment(args.experiment)
    gated = experiment["reference"] == "had-net"
    methods = [m for m in experiment["methods"] if runs(args.root, m)]
    if gated:
        methods = ["teacher", "student", "had-net"]
    scores, pooled = case_scores(args.root, methods), pooled_scores(args.root, methods)
    regions = experiment["regions"]
    width = max(len(m) for m in methods) + 2

    def dice(method, region):
        return per_case_mean(scores, method, region, "dice").mean()

    def average_precision(method, region):
        found = pooled[
            (pooled.method == method) & (pooled.region == region) & (pooled.metric == "ap")
        ]
        return found.value.mean()

    cases = scores.case.nunique()
    print(f"\nSynthetic cohort, {cases} test cases; Dice (mean over cases) | average precision (pooled)")
    print(" " * width + "".join(f"{region:>18}" for region in regions))
    for method in methods:
        cells = (f"{dice(method, r):.3f} | {average_precision(method, r):.3f}" for r in regions)
        print(f"{method:{width}}" + "".join(f"{cell:>18}" for cell in cells))
    checks = {"losses finite": losses_finite(args.root, methods)}
    if gated:
        gain = average_precision("had-net", "ET") - average_precision("student", "ET")
        print(f"HAD-Net against its start, ET average precision: {gain:+.3f} (as found, not gated)")
        lead = average_precision("teacher", "ET") - average_precision("student", "ET")
        checks |= {
            f"teacher WT Dice {dice('teacher', 'WT'):.3f} >= {WT_DICE}": dice("teacher", "WT") >= WT_DICE,
            f"teacher ET Dice {dice('teacher', 'ET'):.3f} >= {ET_DICE}": dice("teacher", "ET") >= ET_DICE,
            f"ET average precision, teacher - student {lead:+.3f} >= {AP_LEAD}": lead >= AP_LEAD,
        }
    print(f"report: {args.report}")
    failed = [name for name, passed in checks.items() if not passed]
    if failed:
        print("demo: gate FAILED: " + "; ".join(failed))
        sys.exit(1)
    print("demo: gate passed: " + "; ".join(checks))


if __name__ == "__main__":
    main()
