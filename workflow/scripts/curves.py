"""Training curves of the report."""

import base64
import io

import matplotlib
import pandas as pd

from results import runs

matplotlib.use("Agg")
import matplotlib.pyplot as plt

METHOD_COLORS = [
    "#1b6ca8",
    "#c2571a",
    "#3a8f4d",
    "#8a4fa3",
    "#6b6b6b",
    "#b8912b",
    "#b03a5b",
    "#2a9d9d",
    "#7a5230",
    "#4b4fc4",
    "#9aa51f",
]

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


def styles(methods):
    """A color and a line for each method: the colors again with another line where they run out."""
    rounds = ["-", "--", ":", "-."]
    n = len(METHOD_COLORS)
    return [(METHOD_COLORS[i % n], rounds[i // n % len(rounds)], m) for i, m in enumerate(methods)]


def training_curves(root, methods, labels):
    """Loss per epoch and the validation metric that selects the checkpoint, one line per run."""
    figure, (losses, scores) = plt.subplots(1, 2, figsize=(9.5, 3.1))
    for color, line, method in styles(methods):
        for number, run in enumerate(runs(root, method)):
            history = pd.read_csv(run / "history.csv")
            epoch = history["epoch"]
            label = labels[method] if number == 0 else None
            losses.plot(epoch, history["loss"], color=color, linestyle=line, label=label, linewidth=1.2)
            score = history.get("score", pd.Series(float("nan"), index=history.index))
            validated = score.notna()
            scores.plot(
                epoch[validated],
                score[validated],
                color=color,
                linestyle=line,
                label=label,
                linewidth=1.2,
            )
    losses.set(xlabel="epoch", ylabel="training loss", yscale="log")
    scores.set(xlabel="epoch", ylabel="validation: mean smoothed Dice", ylim=(0, 1))
    # Beside the axes: over them it would hide lines, and three methods or twenty need the same place.
    scores.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.02, 1.04), fontsize=7, labelspacing=0.3)
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
