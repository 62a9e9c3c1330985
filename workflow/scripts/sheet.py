#!/usr/bin/env python3
"""Sheets of an experiment with several cohorts.

join NAME=SHEET...     all cases in one sheet, the names in its column `cohort`
hold-out SHEET         the sheet in which only cases of --cohort are held out: those of the others lose their fold and
                       are training cases of the split
"""

import argparse
import csv
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


def join(parts, output):
    """Rows of all sheets; their files are named from the new sheet's folder."""
    rows, seen = [], {}
    for part in parts:
        cohort, _, path = part.partition("=")
        for row in read(path):
            if row["case"] in seen:
                fail(f"case {row['case']} is in {seen[row['case']]} and in {path}: cohorts need ids of their own")
            seen[row["case"]] = path
            file = os.path.join(os.path.dirname(path), row["file"])
            rows.append({**row, "file": os.path.relpath(file, os.path.dirname(output) or "."), "cohort": cohort})
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
    joining, holding = verbs.add_parser("join"), verbs.add_parser("hold-out")
    joining.add_argument("sheets", nargs="+", metavar="NAME=SHEET")
    holding.add_argument("sheet")
    holding.add_argument("--cohort", required=True)
    for verb in (joining, holding):
        verb.add_argument("--output", required=True)
    args = parser.parse_args()
    if args.verb == "join":
        join(args.sheets, args.output)
    else:
        hold_out(args.sheet, args.cohort, args.output)


if __name__ == "__main__":
    main()
