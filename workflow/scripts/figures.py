#!/usr/bin/env python3
"""The paper's figures from our runs: segmentations beside the truth, and what filtering by uncertainty leaves."""

import argparse
from pathlib import Path

import h5py
import matplotlib
import numpy as np
import pandas as pd
from results import case_scores, per_case_mean, read_experiment, run_of_case, runs, volumes

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen first)
from matplotlib.colors import ListedColormap  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402

# HAD-Net's figure 2: class 1 red, 2 green, 4 yellow.
CLASS_COLORS = ["#d62728", "#2ca02c", "#ffd21f", "#1f77b4", "#9467bd", "#8c564b", "#e377c2"]
# Figure 3: what each voxel of the region is.
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
    folder = volumes(root)
    sheet = pd.read_csv(folder / "cases.tsv", sep="\t", dtype=str)
    return {case: folder / file for case, file in zip(sheet["case"], sheet["file"])}


def show(axes, background, z):
    values = background[background > 0]
    top = np.percentile(values, 99.5) if values.size else 1
    bottom = background.min()
    if bottom < 0:  # standardized: what is 0 lies outside the head
        background = np.where(background == 0, bottom, background)
    axes.imshow(background[z], cmap="gray", vmin=bottom, vmax=top, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)


def patients(scores, method, count):
    """Cases at even steps from the worse to the better end of a method's ET Dice, among those with ET."""
    dice = per_case_mean(scores[scores.status == "normal"], method, "ET", "dice").sort_values()
    if dice.empty:
        dice = per_case_mean(scores, method, "ET", "dice").sort_values()
    picks = [dice.index[int(round(q * (len(dice) - 1)))] for q in np.linspace(0.15, 0.95, count)]
    return list(dict.fromkeys(picks))


def segmentations(root, methods, labels, reference, scores, channels, count=4):
    """Like figure 2: one slice per patient, the one with most ET; truth and every method's labels."""
    files, picks = files_of(root), patients(scores, reference, count)
    columns = len(channels) + 1 + len(methods)
    figure, grid = plt.subplots(len(picks), columns, figsize=(1.4 * columns, 1.95 * len(picks) + 0.3), squeeze=False)
    colors = ListedColormap(["none", *CLASS_COLORS])
    for row, case in enumerate(picks):
        image, label, classes = volume(files[case])
        z = int((label == classes.index("ET")).sum(axis=(1, 2)).argmax())
        panels = [(title, image[channel], None) for channel, title in channels.items()]
        below = panels[0][1]
        panels.append(("Truth", below, label))
        for m in methods:
            panels.append((labels[m], below, stored(run_of_case(root, m, case), "predictions", case, "label")[0]))
        for column, (title, background, overlay) in enumerate(panels):
            axes = grid[row][column]
            show(axes, background, z)
            if overlay is not None:
                axes.imshow(overlay[z], cmap=colors, vmin=0, vmax=len(CLASS_COLORS), alpha=0.75, interpolation="nearest")
            if row == 0:
                axes.set_title(title, fontsize=7.5)
            if column > len(channels):
                value = per_case_mean(scores, methods[column - len(channels) - 1], "ET", "dice").get(case, np.nan)
                axes.set_xlabel(f"ET Dice {value:.2f}", fontsize=7)
        grid[row][0].set_ylabel(case.replace("Brats18_", ""), fontsize=7)
    handles = [Patch(color=CLASS_COLORS[i - 1], label=name) for i, name in enumerate(classes) if i > 0]
    figure.legend(handles=handles, loc="lower center", ncol=len(handles), frameon=False, fontsize=8)
    figure.tight_layout(rect=(0, 0.35 / figure.get_figheight(), 1, 1), pad=0.4, h_pad=1.2)
    return figure


def filtered(run, case, truth, region="ET"):
    """The overlay of one method at every filter threshold: 0 nothing, 1 TP, 2 FN, 3 FP, 4 uncertain."""
    label, attributes = stored(run, "uncertainty", case, "label")
    maps, _ = stored(run, "uncertainty", case, "uncertainty")
    names = [text(n) for n in attributes["uncertainty-regions"]]
    classes = [text(n) for n in attributes["class-names"]]
    predicted = label == classes.index(region)
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


def filtering(root, methods, labels, reference, scores):
    """Like figure 3: the test case with the largest ET, methods in rows, thresholds in columns."""
    files = files_of(root)
    cases = sorted(scores[scores.method == reference].case.unique())
    largest = None
    for case in cases:
        image, label, classes = volume(files[case])
        truth = label == classes.index("ET")
        if largest is None or truth.sum() > largest[1].sum():
            largest = (case, truth, image)
    case, truth, image = largest
    z = int(truth.sum(axis=(1, 2)).argmax())
    figure, grid = plt.subplots(len(methods), len(FILTERS), figsize=(1.9 * len(FILTERS), 2.1 * len(methods) + 0.4), squeeze=False)
    colors = ListedColormap(["none", *KINDS.values()])
    for row, method in enumerate(methods):
        for column, kinds in enumerate(filtered(runs(root, method)[0], case, truth)):
            axes = grid[row][column]
            show(axes, image["flair"], z)
            axes.imshow(kinds[z], cmap=colors, vmin=0, vmax=len(KINDS), alpha=0.75, interpolation="nearest")
            if row == 0:
                axes.set_title(f"uncertainty at most {FILTERS[column]}", fontsize=8)
            counts = np.bincount(kinds.ravel(), minlength=5)
            axes.set_xlabel(f"TP {counts[1]}  FN {counts[2]}  FP {counts[3]}", fontsize=7)
        grid[row][0].set_ylabel(labels[method], fontsize=8)
    handles = [Patch(color=color, label=name) for name, color in KINDS.items()]
    figure.legend(handles=handles, loc="lower center", ncol=len(handles), frameon=False, fontsize=8)
    height = figure.get_figheight()
    figure.suptitle(f"ET of {case}; below each panel the voxels of its whole volume", fontsize=8)
    figure.tight_layout(rect=(0, 0.35 / height, 1, 1 - 0.2 / height), pad=0.4, h_pad=1.0)
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("experiment", "root"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--methods", nargs="+", required=True)
    parser.add_argument("--sampled", nargs="*", default=[])
    args = parser.parse_args()
    experiment = read_experiment(args.experiment)
    labels = {m: row["label"] for m, row in experiment["methods"].items()}
    reference = experiment["reference"]
    scores = case_scores(args.root, args.methods)
    # The paper's own columns: controls and variants would make the panels too small to read.
    shown = [m for m in args.methods if m in {"teacher", reference, *experiment["rivals"]}]
    channels = experiment.get("panels", {"flair": "FLAIR", "t1ce": "T1ce (teacher only)"})
    figures = {"figure2": segmentations(args.root, shown, labels, reference, scores, channels)}
    if args.sampled:
        figures["figure3"] = filtering(args.root, args.sampled, labels, reference, scores)
    for name, figure in figures.items():
        # No date or version in the file: equal runs give equal bytes.
        figure.savefig(Path(args.root, f"{name}.png"), bbox_inches="tight", dpi=130, metadata={"Software": None})
        plt.close(figure)


if __name__ == "__main__":
    main()
