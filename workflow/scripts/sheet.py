#!/usr/bin/env python3
"""Sheets that an experiment needs beside those of its cohorts.

compose NAME=SHEET...  all cases in one sheet, the names in its column `cohort`
hold-out SHEET         the sheet in which only cases of --cohort are held out: those of the others lose their fold and
                       are training cases of the split
annotated SHEET MADE   the sheet with the cases of MADE in place of its own of that name, as training cases
translated SHEET MADE  the sheet with the cases of MADE in place of its own of that name; --recipe: by which these are prepared
again SHEET            the sheet of translated cases as cases that may be translated, for the way back
opened SHEET           the sheet in which the cases of the pool are training cases with their true labels
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


def from_folder_of(output, sheet, row):
    """A row of a sheet as it stands in another one, whose folder its file is named from."""
    file = os.path.join(os.path.dirname(sheet), row["file"])
    return {**row, "file": os.path.relpath(file, os.path.dirname(output) or ".")}


def compose(parts, output):
    """Rows of all cohorts."""
    rows, seen = [], {}
    for part in parts:
        cohort, _, path = part.partition("=")
        own = [{**from_folder_of(output, path, row), "cohort": cohort} for row in read(path)]
        for case in (row["case"] for row in own):
            if case in seen:
                fail(f"case {case} is in {seen[case]} and in {path}: cohorts need ids of their own")
            seen[case] = path
        rows += own
    write(output, rows)


def annotated(sheet, made, output):
    labelled = {row["case"]: row for row in read(made)}
    missing = sorted({row["case"] for row in read(sheet) if row.get("pool") == "yes"} - set(labelled))
    if missing or not labelled:
        lost = f"case {missing[0]} of the pool ({len(missing)} in all)" if missing else "any case"
        fail(f"{made}: no annotation of {lost}; annotate them again")
    for case, row in labelled.items():
        if row.get("labels") != "annotation":
            fail(f"{made}: labels of case {case} are '{row.get('labels', '')}', expected annotation: a pool keeps its own hidden")
    for row in read(sheet):
        if row["case"] in labelled and (row.get("split") or row.get("fold")):
            kind, value = ("split", row["split"]) if row.get("split") else ("fold", row["fold"])
            fail(f"{made}: case {row['case']} is in {kind} '{value}' of {sheet}, with labels of its own; expected the pool")
    rows = [from_folder_of(output, sheet, row) for row in read(sheet) if row["case"] not in labelled]
    for row in labelled.values():
        rows.append({**from_folder_of(output, made, row), "split": "train", "fold": "", "pool": "annotated"})
    write(output, rows)


def translated(sheet, made, output, recipe):
    """Translated images are read where those they were made from were: same splits, same folds, same labels.

    They are prepared already, by a recipe that the training cases of their translator settled.
    """
    import h5py  # here alone: the other verbs need nothing beside Python

    own = {row["case"]: row for row in read(sheet)}
    found = {row["case"]: row for row in read(made)}
    unknown = sorted(set(found) - set(own))
    if unknown or not found:
        fail(f"{made}: {f'case {unknown[0]} is none of {sheet}' if unknown else 'no case'}; translate again")
    rows = [{**from_folder_of(output, sheet, row), "translated": ""} for row in own.values() if row["case"] not in found]
    write(output, rows + [from_folder_of(output, made, row) for row in found.values()])
    first = os.path.join(os.path.dirname(made), next(iter(found.values()))["file"])
    with h5py.File(first, "r", locking=False) as file:
        text = file.attrs["recipe"]
    with open(f"{recipe}.part", "w") as stream:
        stream.write(text)
    os.replace(f"{recipe}.part", recipe)


def hold_out(sheet, cohort, output):
    rows = read(sheet)
    if cohort not in {row["cohort"] for row in rows}:
        fail(f"{sheet}: no case of cohort {cohort}")
    for row in rows:
        if row["cohort"] != cohort:
            row["fold"] = ""
            row["split"] = "train" if row["split"] else ""
    write(output, rows)


def again(sheet, output):
    write(output, [{key: value for key, value in row.items() if key != "translated"} for row in read(sheet)])


def opened(sheet, output):
    rows = read(sheet)
    if "yes" not in {row.get("pool") for row in rows}:
        fail(f"{sheet}: the pool is empty (column pool)")
    for row in rows:
        if row["pool"] == "yes":
            row.update(split="train", pool="opened")
    write(output, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    names = ("compose", "hold-out", "annotated", "translated", "again", "opened")
    composing, holding, annotating, translating, repeating, opening = (verbs.add_parser(name) for name in names)
    composing.add_argument("sheets", nargs="+", metavar="NAME=SHEET")
    holding.add_argument("sheet")
    holding.add_argument("--cohort", required=True)
    for verb in (annotating, translating):
        verb.add_argument("sheet")
        verb.add_argument("made")
    translating.add_argument("--recipe", required=True)
    for verb in (repeating, opening):
        verb.add_argument("sheet")
    for verb in (composing, holding, annotating, translating, repeating, opening):
        verb.add_argument("--output", required=True)
    args = parser.parse_args()
    if args.verb == "compose":
        compose(args.sheets, args.output)
    elif args.verb == "hold-out":
        hold_out(args.sheet, args.cohort, args.output)
    elif args.verb in ("again", "opened"):
        (again if args.verb == "again" else opened)(args.sheet, args.output)
    elif args.verb == "translated":
        translated(args.sheet, args.made, args.output, args.recipe)
    else:
        annotated(args.sheet, args.made, args.output)


if __name__ == "__main__":
    main()
