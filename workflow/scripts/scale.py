"""What a paper's full-scale experiment costs, from counted multiply-accumulates, before anything is run.

scale.py PAPER                            prints the table (`make reproduce DRYRUN=1`), with an assumed rate
scale.py PAPER --history METHOD=FILE      with the rate that a run's history.csv shows
scale.py PAPER --count                    counts the work anew with the programs on the PATH, into work.csv
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

# Assumed, not measured: what a data-center GPU sustains in these networks. --history replaces it.
ASSUMED_TMAC_PER_S = 5.0
# Assumed: a BraTS scan cut to the head. Given: the common size of BraTS 2019 where a recipe says `size = fit`
# (HAD-Net, official code).
CUT_VOXELS = 140 * 170 * 140
FIT_SIZE = [160, 192, 160]
SEQUENCES, CLASSES, REGIONS = 4, 4, 3
FIELDS = ["method", "gmac_per_iteration", "parameters", "memory_gib", "epochs", "batch", "x", "y", "z"]
GIB = 1024**3


def fail(message):
    sys.exit(f"scale: error: {message}")


def load(paper):
    folder = Path("config/experiments") / paper
    if not (folder / "experiment.yaml").exists():
        known = sorted(path.parent.name for path in folder.parent.glob("*/experiment.yaml"))
        fail(f"PAPER={paper} is not one of {', '.join(known)}")
    return folder, yaml.safe_load((folder / "experiment.yaml").read_text())


def run(command):
    found = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if found.returncode:
        fail(found.stderr.strip().splitlines()[-1])
    return found.stdout


def key_of(settings, key):
    """The value of a key in an INI text; empty when it is not there."""
    for line in settings.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == key:
            return value.split("#")[0].strip()
    return ""


def input_size(settings, recipe):
    """Voxels of one training input: the patch, or the recipe's size, halved where it subsamples."""
    patch = key_of(settings, "patch").split()
    if patch:
        return [int(n) for n in patch]
    size = key_of(recipe.read_text(), "size").split()
    if size == ["fit"]:
        return FIT_SIZE
    halved = key_of(recipe.read_text(), "subsample") not in ("", "none", "off")
    return [int(n) // (2 if halved else 1) for n in size]


def count_method(row, folder, recipe, cases, teacher, output):
    """One line of work.csv; with an output also a checkpoint for those who learn from this method."""
    configs = [part for file in row["settings"] for part in ("--config", folder / file)]
    settings = run([row["program"], *configs, "--print-config"])
    size = input_size(settings, recipe)
    call = [row["program"], *configs, *cases, "--plateau", "off"]
    call += ["--teacher", teacher] if teacher else []
    page = run([*call, "--patch", ",".join(map(str, size)), "--describe"])
    told = {line[:14].strip(): line[15:].split() for line in page.splitlines()}
    if output:
        run([*call, "--patch", "32,32,32", "--epochs", "1", "--output", output, "--quiet"])
    return [
        told["work"][0],
        told["student"][0].replace(",", ""),
        told["memory"][1],
        key_of(settings, "epochs"),
        key_of(settings, "batch"),
        *size,
    ]


def count(paper):
    """Writes work.csv: what --describe tells of every method at full size. A tiny cohort stands in for the data."""
    folder, experiment = load(paper)
    methods = experiment["methods"]
    teachers = {row[role] for row in methods.values() for role in ("teacher", "volumes") if role in row}
    with tempfile.TemporaryDirectory() as scratch:
        run(
            ["phantom", "--grid", "24,28,20", "--spacing", 8, "--gates", "off", "--cases", 2, "--quiet"]
            + ["--output-dir", f"{scratch}/scans"]
        )
        run(
            ["preprocess", "--manifest", "data-manifest/brats-2018.yaml", "--root", f"{scratch}/scans"]
            + ["--output-dir", f"{scratch}/volumes", "--quiet"]
        )
        cases = ["--cases", f"{scratch}/volumes/cases.tsv", "--device", "cpu"]
        lines = {}
        for name in sorted(methods, key=lambda m: m not in teachers):
            row = methods[name]
            own = cases
            if "volumes" in row:
                made = f"{scratch}/{row['volumes']}"
                run(["ensemble-label", "--model", f"{made}.h5", *cases, "--output-dir", made, "--quiet"])
                own = ["--cases", f"{made}/cases.tsv", "--device", "cpu"]
            lines[name] = count_method(
                row,
                folder,
                folder / row.get("recipe", experiment["recipe"]),
                own,
                f"{scratch}/{row['teacher']}.h5" if "teacher" in row else "",
                f"{scratch}/{name}.h5" if name in teachers else "",
            )
    with open(folder / "work.csv", "w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows([name, *lines[name]] for name in methods)


def rate_of(history, gmac):
    """TMAC/s of a run's steps; without validation and waiting."""
    rows = list(csv.DictReader(open(history)))
    return gmac * int(rows[-1]["step"]) / sum(float(row["seconds-step"]) for row in rows) / 1000


def cases_of(experiment):
    """Training, validation and test cases of one run, and runs per method."""
    if "folds" not in experiment:
        return (*experiment["split"], 1)
    manifest = yaml.safe_load(Path(f"data-manifest/{experiment['manifest']}.yaml").read_text())
    every, folds = manifest["expected_cases"]["train"], experiment["folds"]
    return every - every // folds, every // folds, every // folds, folds


def storage(experiment, work, runs, cases, seeds):
    """GiB on disk: source volumes, and what every run leaves behind; a running one has two states beside it."""
    train, val, test = cases
    every = train + val + (0 if "folds" in experiment else test)
    volume = CUT_VOXELS * (4 * SEQUENCES + 1)
    voxels = CUT_VOXELS
    prepared = 0
    if experiment.get("grid") == "prepared":
        sizes = next(iter(work.values()))
        voxels = int(sizes["x"]) * int(sizes["y"]) * int(sizes["z"])
        prepared = every * voxels * (4 * SEQUENCES + 1)
    prediction = test * voxels * (2 * CLASSES + 1)
    uncertainty = test * voxels * (2 * CLASSES + 1 + 4 * REGIONS)
    left = sum(4 * int(row["parameters"]) + prediction for row in work.values()) * runs * seeds
    left += len(experiment.get("uncertainty", [])) * uncertainty * runs * seeds
    made = sum("volumes" in row for row in experiment["methods"].values())
    state = max(2 * 4 * 4 * int(row["parameters"]) for row in work.values())
    return {
        "source volumes": every * volume,
        "prepared volumes": prepared,
        "volumes with channels made by networks": made * runs * seeds * every * voxels * (4 * (SEQUENCES + 1) + 1),
        "networks and predictions": left,
        "states of each running training, at most": state,
    }


def show(paper, rate, said, seeds, samples):
    folder, experiment = load(paper)
    work = {row["method"]: row for row in csv.DictReader(open(folder / "work.csv"))}
    missing = [name for name in experiment["methods"] if name not in work]
    if missing:
        fail(f"{folder}/work.csv lacks {', '.join(missing)}; scale.py {paper} --count adds them")
    train, val, test, folds = cases_of(experiment)
    print(f"{paper}: {train} training, {val} validation, {test} test cases; {folds} fold(s), {seeds} seed(s)")
    print(f"rate {rate:.2f} TMAC/s, {said}\n")
    print(
        f"{'method':<18} {'GMAC/iteration':>14} {'iterations':>10} {'h per run':>9} {'runs':>4} {'GPU h':>8} {'GPU GiB':>8}"
    )
    total = 0.0
    for name in experiment["methods"]:
        row = work[name]
        iterations = int(row["epochs"]) * -(-train // int(row["batch"]))
        # Validation passes every validation case forward once per epoch: a third of an iteration.
        passes = iterations + int(row["epochs"]) * val / 3
        hours = float(row["gmac_per_iteration"]) * passes / rate / 3.6e6
        runs = folds * seeds
        total += hours * runs
        print(
            f"{name:<18} {float(row['gmac_per_iteration']):>14.1f} {iterations:>10} {hours:>9.1f} {runs:>4}"
            f" {hours * runs:>8.1f} {float(row['memory_gib']):>8.2f}"
        )
    sampled = experiment.get("uncertainty", [])
    if sampled:
        student = float(work["student"]["gmac_per_iteration"]) / 3
        hours = len(sampled) * folds * seeds * test * samples * student / rate / 3.6e6
        total += hours
        print(f"{'mcdropout':<18} {student:>14.1f} {test * samples:>10} {'':>9} {len(sampled):>4} {hours:>8.1f}")
    print(f"{'sum':<18} {'':>14} {'':>10} {'':>9} {'':>4} {total:>8.1f}\n")
    for what, size in storage(experiment, work, folds, (train, val, test), seeds).items():
        if size:
            print(f"disk    {size / GIB:>8.1f} GiB  {what}")
    largest = max(int(r["x"]) * int(r["y"]) * int(r["z"]) for r in work.values())
    decoded = largest if experiment.get("grid") == "prepared" else max(largest, CUT_VOXELS)
    cache = (train + val) * decoded * (4 * SEQUENCES + 2)
    print(f"memory  {cache / GIB:>8.1f} GiB  to keep all cases of a training decoded (less will do: it reads again)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paper")
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--history", metavar="METHOD=FILE", help="of a run at full size")
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    if args.count:
        return count(args.paper)
    rate, said = ASSUMED_TMAC_PER_S, "ASSUMED: no GPU was measured; --history takes it from a run"
    if args.history:
        method, _, file = args.history.partition("=")
        work = {r["method"]: r for r in csv.DictReader(open(load(args.paper)[0] / "work.csv"))}
        if method not in work:
            fail(f"--history {args.history}: expected METHOD=FILE with one of {', '.join(work)}")
        rate, said = rate_of(file, float(work[method]["gmac_per_iteration"])), f"measured in {file}"
    samples = yaml.safe_load(Path("config/config.yaml").read_text())["scales"]["full"]["samples"]
    show(args.paper, rate, said, args.seeds, samples)


if __name__ == "__main__":
    main()
