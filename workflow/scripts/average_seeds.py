#!/usr/bin/env python3
"""Per-case scores of one method averaged over its runs, in the form that `evaluate` writes and compares.

A case that some run could not be scored on (an undefined value) keeps the mean of the others; the status is
that of the runs where they agree, else `normal`.
"""

import argparse

import pandas as pd


def average(tables):
    keys = [c for c in tables[0].columns if c not in ("value", "status")]
    together = pd.concat(tables, ignore_index=True)
    together["value"] = pd.to_numeric(together["value"], errors="coerce")
    grouped = together.groupby(keys, sort=False)
    means = grouped["value"].mean()
    agreed = grouped["status"].agg(lambda s: s.iloc[0] if s.nunique() == 1 else "normal")
    return pd.concat([means, agreed], axis=1).reset_index()[tables[0].columns]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", nargs="+")
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    tables = [pd.read_csv(path, keep_default_na=False) for path in args.scores]
    average(tables).to_csv(args.output, index=False, na_rep="nan", float_format="%.9g")


if __name__ == "__main__":
    main()
