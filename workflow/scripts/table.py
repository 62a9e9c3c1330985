#!/usr/bin/env python3
"""One table of the paper from our runs: the keys of claimed.csv with our values, n, seeds and status.

A row of a method that was not run stays in the table with status `not-run`.
"""

import argparse

import pandas as pd
from results import case_scores, per_case_mean, read_experiment, runs


def table(experiment, claimed, root, methods, number):
    method_of = {row["label"]: name for name, row in experiment["methods"].items()}
    scores = case_scores(root, methods)
    rows = []
    for claim in claimed[claimed.table == number].to_dict("records"):
        method = method_of.get(claim["column"])
        row = {**claim, "value": "", "std": "", "note": "", "n": 0, "seeds": 0, "status": "not-run"}
        if method in methods and claim["metric"] == "dice_percent":
            values = 100 * per_case_mean(scores, method, claim["row"], "dice")
            row.update(
                value=f"{values.mean():.4f}",
                std=f"{values.std(ddof=1):.4f}",
                n=len(values),
                seeds=len(runs(root, method)),
                status="run",
            )
        rows.append(row)
    return pd.DataFrame(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("experiment", "claimed", "root", "table", "output"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--methods", nargs="+", required=True)
    args = parser.parse_args()
    claimed = pd.read_csv(args.claimed, dtype=str, keep_default_na=False)
    result = table(read_experiment(args.experiment), claimed, args.root, args.methods, args.table)
    result.to_csv(args.output, index=False)


if __name__ == "__main__":
    main()
