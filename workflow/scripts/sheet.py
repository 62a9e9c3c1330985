#!/usr/bin/env python3
"""Sheets that an experiment needs beside those of its cohorts.

compose NAME=SHEET...  all cases in one sheet, the names in its column `cohort`. --pool NAME=all or NAME=SPLIT:PART,...
                       sets cases of a cohort apart, whose labels are not to be seen: column `pool` is yes, and split and
                       fold are empty. Parts of a split are taken per stratum, to the nearest number of patients, the
                       first in the order in which `preprocess` deals them (SHA-256 of <seed>:<id>)
hold-out SHEET         the sheet in which only cases of --cohort are held out: those of the others lose their fold and
                       are training cases of the split
annotated SHEET MADE   the sheet with the cases of MADE in place of its own of that name, as training cases
"""

import argparse
import csv
import hashlib
import math
import os
import sys

COLUMNS = ["case", "file", "stratum", "split", "fold"]


def fail(message):
    sys.exit(f"sheet: error: {message}")


def read(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def write(path, rows):
    """Written beside its target and renamed, so that a sheet is there whole or not at all."""
    columns = COLUMNS + [c for c in dict.fromkeys(key for row in rows for key in row) if c not in COLUMNS]
    with open(f"{path}.part", "w", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(f"{path}.part", path)


def from_folder_of(output, sheet, row):
    """A row of a sheet as it stands in another one, whose folder its file is named from."""
    file = os.path.join(os.path.dirname(sheet), row["file"])
    return {**row, "file": os.path.relpath(file, os.path.dirname(output) or ".")}


def set_apart(rows, what, seed):
    """Marks the pool of one cohort: `all`, or parts of its splits."""
    parts = {} if what == "all" else {split: float(part) for split, part in (p.split(":") for p in what.split(","))}
    chosen = set()
    patient = {row["case"]: row.get("patient") or row["case"] for row in rows}
    for split, part in parts.items():
        for stratum in {row["stratum"] for row in rows}:
            ids = {patient[row["case"]] for row in rows if (row["split"], row["stratum"]) == (split, stratum)}
            ordered = sorted(ids, key=lambda i: (hashlib.sha256(f"{seed}:{i}".encode()).hexdigest(), i))
            chosen.update(ordered[: math.ceil(part * len(ordered) - 0.5)])
    for row in rows:
        row["pool"] = ""
        if what == "all" or patient[row["case"]] in chosen:
            row.update(pool="yes", split="", fold="")


def compose(parts, pools, seed, output):
    """Rows of all cohorts."""
    pools = dict(pool.split("=", 1) for pool in pools)
    rows, seen = [], {}
    for part in parts:
        cohort, _, path = part.partition("=")
        own = [{**from_folder_of(output, path, row), "cohort": cohort} for row in read(path)]
        for case in (row["case"] for row in own):
            if case in seen:
                fail(f"case {case} is in {seen[case]} and in {path}: cohorts need ids of their own")
            seen[case] = path
        if cohort in pools:
            set_apart(own, pools[cohort], seed)
        rows += own
    write(output, rows)


def annotated(sheet, made, output):
    labelled = {row["case"]: row for row in read(made)}
    rows = [from_folder_of(output, sheet, row) for row in read(sheet) if row["case"] not in labelled]
    for row in labelled.values():
        rows.append({**from_folder_of(output, made, row), "split": "train", "fold": "", "pool": "annotated"})
    write(output, rows)


def hold_out(sheet, cohort, output):
    rows = read(sheet)
    if cohort not in {row["cohort"] for row in rows}:
        fail(f"{sheet}: no case of cohort {cohort}")
    for row in rows:
        if row["cohort"] != cohort:
            row["fold"] = ""
            row["split"] = "train" if row["split"] else ""
    write(output, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    composing, holding, annotating = (verbs.add_parser(v) for v in ("compose", "hold-out", "annotated"))
    composing.add_argument("sheets", nargs="+", metavar="NAME=SHEET")
    composing.add_argument("--pool", action="append", default=[], metavar="NAME=PARTS")
    composing.add_argument("--seed", default="0")
    holding.add_argument("sheet")
    holding.add_argument("--cohort", required=True)
    annotating.add_argument("sheet")
    annotating.add_argument("made")
    for verb in (composing, holding, annotating):
        verb.add_argument("--output", required=True)
    args = parser.parse_args()
    if args.verb == "compose":
        compose(args.sheets, args.pool, args.seed, args.output)
    elif args.verb == "hold-out":
        hold_out(args.sheet, args.cohort, args.output)
    else:
        annotated(args.sheet, args.made, args.output)


if __name__ == "__main__":
    main()
