"""The picture of scores and gains against the number of labelled cases."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from results import compared, ends, scores_over_seeds, sheet_of

COLORS = ["#5b6875", "#d98a1c", "#1b6ca8", "#2b7a3d", "#b03a2e", "#7a4fa3"]
MARKERS = "osD^vP"


def labelled_cases(root):
    """Training cases of a study that have labels."""
    sheet = pd.read_csv(sheet_of(root), sep="\t", dtype=str, keep_default_na=False)
    return int((sheet["split"] == "train").sum())


def draw_scores(axes, studies, labels, region, figure):
    for i, row in enumerate(figure["methods"]):
        found = {n: scores_over_seeds(root, row, region, figure["metric"]) for n, root in studies.items()}
        found = {n: values.mean() for n, values in found.items() if values is not None}
        style = {"color": COLORS[i % len(COLORS)], "label": labels[row]}
        if len(found) == 1:  # a bound does not hang on the number of labels
            axes.axhline(*found.values(), linestyle=":", **style)
        else:
            axes.plot(list(found), list(found.values()), marker=MARKERS[i % len(MARKERS)], markersize=4, **style)


def draw_gains(axes, studies, labels, region, figure):
    axes.axhline(0, color="#a5afb9", linewidth=0.8)
    for i, (upper, lower) in enumerate(figure["gains"]):
        found = {n: compared(root, upper, lower, region, figure["metric"]) for n, root in studies.items()}
        found = {n: (sign, line) for n, (sign, line) in found.items() if line is not None}
        middle = [sign * line.mean_difference for sign, line in found.values()]
        limits = [ends(*one) for one in found.values()]
        reach = [[m - low for m, (low, _) in zip(middle, limits)], [high - m for m, (_, high) in zip(middle, limits)]]
        # Beside each other, so that intervals at one number of labels do not hide each other.
        places = [n * 1.06 ** (i - (len(figure["gains"]) - 1) / 2) for n in found]
        axes.errorbar(
            places,
            middle,
            yerr=reach,
            color=COLORS[(i + 2) % len(COLORS)],
            marker=MARKERS[i % len(MARKERS)],
            markersize=4,
            linewidth=1,
            capsize=2,
            label=f"{labels[upper]} − {labels[lower]}",
        )


def amounts(root, names, labels, figure):
    """A column of panels per region: scores above, gains with their intervals below, against the number of labels."""
    root = Path(root)
    places = [root, *(root.with_name(f"{root.name}-{name}") for name in names)]
    studies = {labelled_cases(place): place for place in places}
    studies = dict(sorted(studies.items()))
    regions = figure["regions"]
    page, grid = plt.subplots(2, len(regions), figsize=(2.9 * len(regions) + 0.3, 5.4), squeeze=False, sharex=True)
    for column, region in enumerate(regions):
        draw_scores(grid[0][column], studies, labels, region, figure)
        draw_gains(grid[1][column], studies, labels, region, figure)
        grid[0][column].set_title(region, fontsize=9)
        grid[1][column].set_xlabel("labelled cases")
        for axes in grid[:, column]:
            axes.set_xscale("log")
            axes.set_xticks(list(studies), [str(n) for n in studies])
            axes.minorticks_off()
            axes.margins(x=0.12)
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(axis="y", color="#eef1f4")
    name = {"dice": "Dice", "dice_best": "Dice at the best threshold"}[figure["metric"]]
    grid[0][0].set_ylabel(name)
    grid[1][0].set_ylabel("difference (95 % interval)")
    handles, texts = grid[0][0].get_legend_handles_labels()
    page.legend(handles, texts, loc="upper center", ncol=min(3, len(handles)), frameon=False, fontsize=8)
    handles, texts = grid[1][0].get_legend_handles_labels()
    page.legend(handles, texts, loc="lower center", ncol=1, frameon=False, fontsize=8)
    page.tight_layout(rect=(0, 0.035 * len(figure["gains"]) + 0.01, 1, 0.95), pad=0.5)
    return page
