#!/usr/bin/env python3
"""The figures that the experiment asks for: segmentations beside the truth, and what filtering by uncertainty leaves."""

import argparse
from pathlib import Path

import h5py
import matplotlib
import numpy as np
import pandas as pd

from amounts import amounts
from experiment import load, rows
from results import case_scores, per_case_mean, run_of_case, runs, sheet_of

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

# Of the label's classes in their order.
CLASS_COLORS = ["#d62728", "#2ca02c", "#ffd21f", "#1f77b4", "#9467bd", "#8c564b", "#e377c2"]
# What each voxel of a region is after filtering.
KINDS = {"true positive": "#2ca02c", "false negative": "#d62728", "false positive": "#1f77b4", "uncertain": "#ffd21f"}
FILTERS = (100, 75, 50, 25)

plt.rcParams.update({"font.family": "sans-serif", "font.size": 8})


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def volume(path):
    """Image channels by name, label and class names of a volume."""
    with h5py.File(path, "r", locking=False) as file:
        names = [text(n) for n in file.attrs["channels"]]
        image = np.asarray(file["image"], dtype=np.float32)
        classes = [text(n) for n in file.attrs["class-names"]]
        return dict(zip(names, image)), np.asarray(file["label"]), classes


def stored(run, folder, case, name):
    with h5py.File(run / folder / f"{case}.h5", "r", locking=False) as file:
        return np.asarray(file[name]), dict(file.attrs)


def files_of(root):
    path = sheet_of(root)
    sheet = pd.read_csv(path, sep="\t", dtype=str)
    return {case: path.parent / file for case, file in zip(sheet["case"], sheet["file"])}


def show(axes, background, z, window=None):
    values = background[background > 0]
    top = np.percentile(values, 99.5) if values.size else 1
    bottom = background.min()
    if window:
        bottom, top = window
    elif bottom < 0:  # standardized: what is 0 lies outside the head
        background = np.where(background == 0, bottom, background)
    axes.imshow(background[z], cmap="gray", vmin=bottom, vmax=top, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)


def codes_of(path, region):
    """Class indices that make up a region of a volume: its attribute `regions` lists their codes, or each class is one."""
    with h5py.File(path, "r", locking=False) as file:
        codes = [int(c) for c in file.attrs["class-codes"]]
        listed = dict(text(r).split("=") for r in file.attrs["regions"])
        names = [text(n) for n in file.attrs["class-names"]]
    if not listed:
        return [names.index(region)]
    return [codes.index(int(c)) for c in listed[region].split(",")]


def patients(scores, row, region, count):
    """Cases at even steps from the worse to the better end of a row's Dice, among those that have the region."""
    dice = per_case_mean(scores[scores.status == "normal"], row, region, "dice").sort_values()
    if dice.empty:
        dice = per_case_mean(scores, row, region, "dice").sort_values()
    picks = [dice.index[int(round(q * (len(dice) - 1)))] for q in np.linspace(0.15, 0.95, count)]
    return list(dict.fromkeys(picks))


def without_common_word(cases):
    """Case ids without the first word, up to `_`, that all of them share: the data set's name, mostly."""
    words = {case.partition("_")[0] for case in cases}
    return {case: case.partition("_")[2] if len(words) == 1 and "_" in case else case for case in cases}


def square_around(label, margin):
    """The part of a slice, y and x, that holds its labels and a margin; all of it without labels."""
    rows, columns = (np.flatnonzero(label.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return slice(None), slice(None)
    half = max(np.ptp(rows), np.ptp(columns)) // 2 + 1 + margin
    return tuple(slice(max(0, (own[0] + own[-1]) // 2 - half), (own[0] + own[-1]) // 2 + half + 1) for own in (rows, columns))


def segmentations(root, shown, labels, reference, scores, figure):
    """One slice per case, the one with most of the region; truth and every row's labels."""
    files, region, channels = files_of(root), figure["region"], figure["channels"]
    picks, names = patients(scores, reference, region, figure.get("cases", 4)), without_common_word(list(files))
    if all(r in shown for r in figure.get("apart", ["nobody"])):
        one, other = (per_case_mean(scores, r, region, "dice") for r in figure["apart"])
        picks = list(dict.fromkeys([(one - other).abs().idxmax(), *picks]))[: len(picks)]
    columns = len(channels) + 1 + len(shown)
    page, grid = plt.subplots(len(picks), columns, figsize=(1.4 * columns, 1.95 * len(picks) + 0.3), squeeze=False)
    colors = ListedColormap(["none", *CLASS_COLORS])
    for row, case in enumerate(picks):
        image, label, classes = volume(files[case])
        z = int(np.isin(label, codes_of(files[case], region)).sum(axis=(1, 2)).argmax())
        seen = slice(None)
        if "margin" in figure:
            seen = (slice(None), *square_around(label[z], figure["margin"]))
            image = {channel: values[seen] for channel, values in image.items()}
        panels = [(title, image[channel], None) for channel, title in channels.items()]
        below = panels[0][1]
        panels.append(("Truth", below, label[seen]))
        for m in shown:
            panels.append((labels[m], below, stored(run_of_case(root, m, case), "predictions", case, "label")[0][seen]))
        for column, (title, background, overlay) in enumerate(panels):
            axes = grid[row][column]
            show(axes, background, z, figure.get("window"))
            if overlay is not None:
                axes.imshow(overlay[z], cmap=colors, vmin=0, vmax=len(CLASS_COLORS), alpha=0.75, interpolation="nearest")
            if row == 0:
                axes.set_title(title, fontsize=7.5)
            if column > len(channels):
                value = per_case_mean(scores, shown[column - len(channels) - 1], region, "dice").get(case, np.nan)
                axes.set_xlabel(f"{region} Dice {value:.2f}", fontsize=7)
        grid[row][0].set_ylabel(names[case], fontsize=7)
    handles = [Patch(color=CLASS_COLORS[i - 1], label=name) for i, name in enumerate(classes) if i > 0]
    page.legend(handles=handles, loc="lower center", ncol=len(handles), frameon=False, fontsize=8)
    page.tight_layout(rect=(0, 0.35 / page.get_figheight(), 1, 1), pad=0.4, h_pad=1.2)
    return page


def translations(root, figure):
    """One slice per case, the one with most of the region: image, its labels, translation, labels on it, way back."""
    there, back = figure["directions"]
    shown = runs(root, figure["method"])[0] / f"shown-{figure['cohort']}"
    names = [figure["titles"][0], "Truth", figure["titles"][1], "Truth", figure["titles"][2]]
    sheet = pd.read_csv(shown / "input" / "cases.tsv", sep="\t", dtype=str)
    cases = list(sheet["case"])[: figure.get("cases", 4)]
    page, grid = plt.subplots(len(cases), len(names), figsize=(1.6 * len(names), 1.75 * len(cases) + 0.3), squeeze=False)
    colors, titles = ListedColormap(["none", *CLASS_COLORS]), without_common_word(cases)
    for row, case in enumerate(cases):
        stages = [volume(shown / name / f"{case}.h5") for name in ("input", there, f"{there}-{back}")]
        (source, label, classes), made, again = stages
        z = int(np.isin(label, codes_of(shown / "input" / f"{case}.h5", figure["region"])).sum(axis=(1, 2)).argmax())
        images = [next(iter(channels.values())) for channels, _, _ in (stages[0], made, again)]
        panels = [(images[0], None), (images[0], label), (images[1], None), (images[1], made[1]), (images[2], None)]
        for column, (background, overlay) in enumerate(panels):
            axes = grid[row][column]
            show(axes, background, z, (-1, 1))
            if overlay is not None:
                axes.imshow(overlay[z], cmap=colors, vmin=0, vmax=len(CLASS_COLORS), alpha=0.6, interpolation="nearest")
            if row == 0:
                axes.set_title(names[column], fontsize=8)
        grid[row][0].set_ylabel(f"{titles[case]}, slice {z}", fontsize=7)
    handles = [Patch(color=CLASS_COLORS[i - 1], label=name) for i, name in enumerate(classes) if i > 0]
    page.legend(handles=handles, loc="lower center", ncol=len(handles), frameon=False, fontsize=8)
    page.tight_layout(rect=(0, 0.35 / page.get_figheight(), 1, 1), pad=0.4, h_pad=0.6)
    return page


def filtered(run, case, truth, region, indices):
    """The overlay of one row at every filter threshold: 0 nothing, 1 TP, 2 FN, 3 FP, 4 uncertain."""
    label, attributes = stored(run, "uncertainty", case, "label")
    maps, _ = stored(run, "uncertainty", case, "uncertainty")
    names = [text(n) for n in attributes["uncertainty-regions"]]
    predicted = np.isin(label, indices)
    uncertainty = maps[names.index(region)]
    overlays = []
    for threshold in FILTERS:
        kinds = np.zeros(label.shape, dtype=np.uint8)
        kinds[predicted & truth] = 1
        kinds[~predicted & truth] = 2
        kinds[predicted & ~truth] = 3
        kinds[(uncertainty > threshold) & (predicted | truth)] = 4
        overlays.append(kinds)
    return overlays


def filtering(root, sampled, labels, reference, scores, figure):
    """The test case with the largest region: rows sampled with dropout below each other, thresholds beside each other."""
    files, region = files_of(root), figure["region"]
    cases = sorted(scores[scores.row == reference].case.unique())
    largest = None
    for case in cases:
        image, label, _ = volume(files[case])
        truth = np.isin(label, codes_of(files[case], region))
        if largest is None or truth.sum() > largest[1].sum():
            largest = (case, truth, image[next(iter(figure["channels"]))])
    case, truth, background = largest
    z = int(truth.sum(axis=(1, 2)).argmax())
    page, grid = plt.subplots(len(sampled), len(FILTERS), figsize=(1.9 * len(FILTERS), 2.1 * len(sampled) + 0.4), squeeze=False)
    colors = ListedColormap(["none", *KINDS.values()])
    for row, name in enumerate(sampled):
        overlays = filtered(runs(root, name)[0], case, truth, region, codes_of(files[case], region))
        for column, kinds in enumerate(overlays):
            axes = grid[row][column]
            show(axes, background, z)
            axes.imshow(kinds[z], cmap=colors, vmin=0, vmax=len(KINDS), alpha=0.75, interpolation="nearest")
            if row == 0:
                axes.set_title(f"uncertainty at most {FILTERS[column]}", fontsize=8)
            counts = np.bincount(kinds.ravel(), minlength=5)
            axes.set_xlabel(f"TP {counts[1]}  FN {counts[2]}  FP {counts[3]}", fontsize=7)
        grid[row][0].set_ylabel(labels[name], fontsize=8)
    handles = [Patch(color=color, label=name) for name, color in KINDS.items()]
    page.legend(handles=handles, loc="lower center", ncol=len(handles), frameon=False, fontsize=8)
    height = page.get_figheight()
    page.suptitle(f"{region} of {case}; below each panel the voxels of its whole volume", fontsize=8)
    page.tight_layout(rect=(0, 0.35 / height, 1, 1 - 0.2 / height), pad=0.4, h_pad=1.0)
    return page


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("experiment", "root"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("rows", "figures"):
        parser.add_argument(f"--{name}", nargs="+", required=True)
    for name in ("sampled", "amounts"):
        parser.add_argument(f"--{name}", nargs="*", default=[])
    args = parser.parse_args()
    experiment = load(args.experiment)
    labels = rows(experiment)
    # Cases are ordered by a row that was run; the reference is not always among them.
    reference = next(r for r in (experiment["reference"], *args.rows) if r in args.rows)
    scores = case_scores(args.root, args.rows)
    for number in args.figures:
        figure = experiment["figures"][number]
        if figure["kind"] == "segmentations":
            # The paper's own columns: controls and variants would make the panels too small to read.
            shown = [r for r in args.rows if r in figure.get("methods", args.rows)]
            page = segmentations(args.root, shown, labels, reference, scores, figure)
        elif figure["kind"] == "translations":
            page = translations(args.root, figure)
        elif figure["kind"] == "filtering":
            page = filtering(args.root, args.sampled, labels, reference, scores, figure)
        else:
            page = amounts(args.root, args.amounts, labels, figure)
        # No date or version in the file: equal runs give equal bytes.
        page.savefig(Path(args.root, f"figure{number}.png"), bbox_inches="tight", dpi=130, metadata={"Software": None})
        plt.close(page)


if __name__ == "__main__":
    main()
