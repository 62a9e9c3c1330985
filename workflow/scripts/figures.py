"""Figures of the report: training curves and segmentations beside the truth."""

import base64
import io
from pathlib import Path

import h5py
import matplotlib
import numpy as np
import pandas as pd
from results import per_case_mean, runs

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen first)
from matplotlib.colors import ListedColormap  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402

# HAD-Net's figure 2: class 1 red, 2 green, 4 yellow.
CLASS_COLORS = ["#d62728", "#2ca02c", "#ffd21f", "#1f77b4", "#9467bd", "#8c564b", "#e377c2"]
METHOD_COLORS = ["#1b6ca8", "#c2571a", "#3a8f4d", "#8a4fa3", "#6b6b6b", "#b8912b", "#b03a5b"]

plt.rcParams.update(
    {
        "font.family": "sans-serif",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.fonttype": "none",
    }
)


def embed(figure, kind):
    """The figure as a data URI, so that the page needs no other file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, bbox_inches="tight", dpi=130, metadata={"Date": None} if kind == "svg" else {})
    plt.close(figure)
    mime = "image/svg+xml" if kind == "svg" else "image/png"
    return f"data:{mime};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def training_curves(root, methods, labels):
    """Loss per epoch and the validation metric that selects the checkpoint, one line per run."""
    figure, (losses, scores) = plt.subplots(1, 2, figsize=(9.5, 3.1))
    for color, method in zip(METHOD_COLORS, methods):
        for number, run in enumerate(runs(root, method)):
            history = pd.read_csv(run / "history.csv")
            epoch = history["epoch"]
            label = labels[method] if number == 0 else None
            losses.plot(epoch, history["loss"], color=color, label=label, linewidth=1.2)
            validated = history["score"].notna()
            scores.plot(
                epoch[validated],
                history["score"][validated],
                color=color,
                label=label,
                linewidth=1.2,
            )
    losses.set(xlabel="epoch", ylabel="training loss", yscale="log")
    scores.set(xlabel="epoch", ylabel="validation: mean smoothed Dice", ylim=(0, 1))
    scores.legend(frameon=False, loc="lower right")
    for axes in (losses, scores):
        axes.grid(alpha=0.25, linewidth=0.5)
    figure.tight_layout()
    return embed(figure, "svg")


def discriminator_curves(root, methods, labels):
    """How well the discriminator tells teacher from student, and how often it is updated; None without one."""
    with_adversary = [
        (method, pd.read_csv(run / "history.csv"))
        for method in methods
        for run in runs(root, method)[:1]
        if "discriminator-accuracy" in pd.read_csv(run / "history.csv", nrows=0).columns
    ]
    if not with_adversary:
        return None
    figure, axes = plt.subplots(figsize=(4.7, 2.6))
    for color, (method, history) in zip(METHOD_COLORS[2:], with_adversary):
        epoch = history["epoch"]
        axes.plot(epoch, history["discriminator-accuracy"], color=color, label=f"{labels[method]}: accuracy")
        axes.plot(
            epoch,
            history["discriminator-updated"],
            color=color,
            linestyle=":",
            label=f"{labels[method]}: share of steps with an update",
        )
    axes.set(xlabel="epoch", ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize=8)
    axes.grid(alpha=0.25, linewidth=0.5)
    return embed(figure, "svg")


def volume(path):
    """Image channels by name, label and class table of a source volume."""
    with h5py.File(path, "r", locking=False) as file:
        names = [n.decode() if isinstance(n, bytes) else n for n in file.attrs["channels"]]
        image = np.asarray(file["image"], dtype=np.float32)
        classes = [n.decode() if isinstance(n, bytes) else n for n in file.attrs["class-names"]]
        return dict(zip(names, image)), np.asarray(file["label"]), classes


def prediction(run, case):
    with h5py.File(run / "predictions" / f"{case}.h5", "r", locking=False) as file:
        return np.asarray(file["label"])


def segmentations(root, methods, labels, scores, count=4):
    """Like the paper's figure 2: one slice per patient with visible enhancing tumor, truth and methods.

    The patients are spread over the quartiles of the last method's ET Dice among those with ET, so that
    good and bad cases both appear; the rule is stated in the caption.
    """
    sheet = pd.read_csv(Path(root) / "volumes" / "cases.tsv", sep="\t", dtype=str)
    files = dict(zip(sheet["case"], sheet["file"]))
    dice = per_case_mean(scores[scores.status == "normal"], methods[-1], "ET", "dice").sort_values()
    if dice.empty:
        return None
    picks = [dice.index[int(round(q * (len(dice) - 1)))] for q in np.linspace(0.15, 0.95, count)]
    picks = list(dict.fromkeys(picks))
    first_runs = {method: runs(root, method)[0] for method in methods}
    columns = 3 + len(methods)
    figure, grid = plt.subplots(
        len(picks), columns, figsize=(1.5 * columns, 2.05 * len(picks) + 0.3), squeeze=False
    )
    colors = ListedColormap(["none", *CLASS_COLORS])
    for row, case in enumerate(picks):
        image, label, classes = volume(Path(root) / "volumes" / files[case])
        enhancing = label == classes.index("ET")
        z = int(enhancing.sum(axis=(1, 2)).argmax())
        panels = [("FLAIR", image["flair"], None), ("T1ce (teacher only)", image["t1ce"], None)]
        panels.append(("Truth", image["flair"], label))
        panels += [(labels[m], image["flair"], prediction(first_runs[m], case)) for m in methods]
        for column, (title, background, overlay) in enumerate(panels):
            axes = grid[row][column]
            values = background[background > 0]
            top = np.percentile(values, 99.5) if values.size else 1
            axes.imshow(background[z], cmap="gray", vmin=0, vmax=top, interpolation="nearest")
            if overlay is not None:
                axes.imshow(overlay[z], cmap=colors, vmin=0, vmax=len(CLASS_COLORS), alpha=0.75, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            for spine in axes.spines.values():
                spine.set_visible(False)
            if row == 0:
                axes.set_title(title, fontsize=8)
            if column >= 3:
                value = per_case_mean(scores, methods[column - 3], "ET", "dice").get(case, np.nan)
                axes.set_xlabel(f"ET Dice {value:.2f}", fontsize=7)
        grid[row][0].set_ylabel(case.replace("Brats18_", ""), fontsize=7)
    handles = [Patch(color=CLASS_COLORS[i - 1], label=name) for i, name in enumerate(classes) if i > 0]
    figure.legend(handles=handles, loc="lower center", ncol=len(handles), frameon=False, fontsize=8)
    figure.tight_layout(rect=(0, 0.35 / figure.get_figheight(), 1, 1), pad=0.4, h_pad=1.2)
    return embed(figure, "png")
