#!/usr/bin/env python3
"""Per-case scores of one method averaged over its runs, in the form that `evaluate` writes and compares.

A case that some run could not be scored on (an undefined value) keeps the mean of the others; the status is
that of the runs where they agree, else `normal`. --mean NAME adds the mean over some regions of every case as a region
of that name.
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


def with_mean(table, name, regions):
    """The table with one more region: each case's mean over those that have a value."""
    chosen = table[table.region.isin(regions)]
    keys = [c for c in table.columns if c not in ("region", "value", "status")]
    mean = chosen.groupby(keys, sort=False)["value"].mean().reset_index().assign(region=name, status="normal")
    return pd.concat([table, mean[table.columns]], ignore_index=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", nargs="+")
    parser.add_argument("--output", required=True)
    parser.add_argument("--mean", metavar="NAME")
    parser.add_argument("--regions", nargs="*", default=[])
    args = parser.parse_args()
    table = average([pd.read_csv(path, keep_default_na=False) for path in args.scores])
    if args.mean:
        table = with_mean(table, args.mean, args.regions)
    table.to_csv(args.output, index=False, na_rep="nan", float_format="%.9g")


if __name__ == "__main__":
    main()
