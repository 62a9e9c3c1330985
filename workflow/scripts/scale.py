"""What a paper's full-scale experiment costs, from counted multiply-accumulates, before anything is run.

scale.py PAPER                            prints the table (`make reproduce DRYRUN=1`), with an assumed rate
scale.py PAPER --history METHOD=FILE      with the rate that a run's history.csv shows
scale.py PAPER --count                    counts the work anew with the programs on the PATH, into work.csv
"""

import argparse
import csv
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from experiment import load as load_experiment
from experiment import method_of, network_of, recipes_of, rows_of

# Assumed, not measured: what a data-center GPU sustains in these networks. --history replaces it.
ASSUMED_TMAC_PER_S = 5.0
FIELDS = "method gmac_per_iteration parameters memory_gib epochs batch x y z epoch_iterations".split()
GIB = 1024**3
DESCRIBED = {}


def fail(message):
    sys.exit(f"scale: error: {message}")


def load(paper):
    folder = Path("config/experiments") / paper
    if not (folder / "experiment.yaml").exists():
        known = sorted(path.parent.name for path in folder.parent.glob("*/experiment.yaml"))
        fail(f"PAPER={paper} is not one of {', '.join(known)}")
    return folder, load_experiment(folder / "experiment.yaml")


def trained_methods(experiment):
    """The methods that are trained; means of others cost only predictions."""
    return {name: row for name, row in experiment["methods"].items() if "members" not in row}


class Cohort:
    """What the costs need of one data set."""

    def __init__(self, name, given, alone):
        manifest = yaml.safe_load(Path(f"data-manifest/{given['manifest']}.yaml").read_text())
        if "cut" not in given:
            fail(f"cohort {name} has no `cut` in experiment.yaml: the voxels of a scan cut to its content")
        self.name, self.alone = name, alone
        expected = manifest["expected_cases"]
        self.cases = expected.get("train", expected.get("val"))  # of a release without labels: its validation cases
        self.pool = given.get("pool", {})
        self.cut_voxels = given["cut"][0] * given["cut"][1] * given["cut"][2]
        files = manifest["modalities"] if "modalities" in manifest else set(manifest["case_files"]) - {"label"}
        self.sequences, self.classes = len(files), len(manifest["label_codes"])
        fit = given.get("fit", given["cut"])
        self.fit_voxels = fit[0] * fit[1] * fit[2]

    def dealt(self, experiment, tested):
        """Training, validation and test cases of one run, and those of the pool, which are in none of these parts.

        All are training cases where others are tested.
        """
        if self.pool == "all":
            return 0, 0, 0, self.cases
        if tested not in (None, self.name):
            return self.cases, 0, 0, 0
        if "folds" in experiment:
            part = self.cases // experiment["folds"]
            return self.cases - part, 0 if experiment["validation"] == "none" else part, part, 0
        split = experiment["split"]
        if not self.alone or experiment.get("proportions"):
            split = shared_out(self.cases, split)
        left = [n - pooled(self.pool.get(name, 0), n) for name, n in zip(("train", "val", "test"), split)]
        return *left, sum(split) - sum(left)


def shared_out(cases, proportions):
    """Cases in some proportions; the largest remainders get one more."""
    shares = [n * cases / sum(proportions) for n in proportions]
    counts = [int(share) for share in shares]
    for i in sorted(range(len(shares)), key=lambda i: counts[i] - shares[i])[: cases - sum(counts)]:
        counts[i] += 1
    return counts


def pooled(part, cases):
    """How many of some cases a pool takes: all, so many, or a share, of which a half is left."""
    return cases if part == "all" else part if isinstance(part, int) else math.ceil(part * cases - 0.5)


def cohorts_of(experiment):
    given = experiment["cohorts"]
    return [Cohort(name, cohort, len(given) == 1) for name, cohort in given.items()]


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


def input_size(settings, recipe, fit):
    """Voxels of one training input: the patch, or the recipe's size, halved where it subsamples; of a slice one of z."""
    slices = key_of(recipe.read_text(), "slice-size").split()
    if slices:
        return [*map(int, slices), 1]
    patch = key_of(settings, "patch").split()
    if patch:
        return [int(n) for n in patch]
    size = key_of(recipe.read_text(), "size").split()
    if size == ["fit"]:
        return fit or fail(f"{recipe} has `size = fit`, and no cohort of experiment.yaml says what size that is (`fit`)")
    halved = key_of(recipe.read_text(), "subsample") not in ("", "none", "off")
    return [int(n) // (2 if halved else 1) for n in size]


def describe_slices(row, configs, settings, cases):
    """GMAC, parameters and GiB of a method of slices, by one slice of each stream: both grow with the batch.

    Which cases they are changes nothing: methods that differ in that alone are counted once.
    """
    kind = re.sub(r"^ *(where|channels) =.*", "", settings, flags=re.M)
    if kind in DESCRIBED:
        return DESCRIBED[kind]
    page = run([row["program"], *configs, *cases, "--batch", 1, "--describe"])
    batch = int(key_of(settings, "batch"))
    work = float(re.search(r"^work +([0-9.]+)", page, re.M)[1])
    parameters = sum(int(n.replace(",", "")) for n in re.findall(r"([0-9,]+) parameters$", page, re.M))
    fixed, growing = map(float, re.search(r"parameters ([0-9.]+), activations ([0-9.]+)", page).groups())
    DESCRIBED[kind] = [f"{work * batch:.1f}", parameters, f"{fixed + growing * batch:.2f}"]
    return DESCRIBED[kind]


def count_method(row, folder, recipe, fit, cases, teacher, output):
    """One line of work.csv; with an output also a checkpoint for those who learn from this method."""
    configs = [part for file in row["settings"] for part in ("--config", folder / file)]
    settings = run([row["program"], *configs, "--print-config"])
    size = input_size(settings, recipe, fit)
    length = [key_of(settings, "epochs"), key_of(settings, "batch"), *size, key_of(settings, "epoch-iterations")]
    if size[2] == 1:
        return [*describe_slices(row, configs, settings, cases), *length]
    call = [row["program"], *configs, *cases, "--plateau", "off"]
    call += ["--teacher", teacher] if teacher else []
    network = network_of(row.get("teacher", ""))
    call += ["--network", network] if network else []
    page = run([*call, "--patch", ",".join(map(str, size)), "--describe"])
    told = {line[:14].strip(): line[15:].split() for line in page.splitlines()}
    if output:
        run([*call, "--patch", "32,32,32", "--epochs", "1", "--output", output, "--quiet"])
    return [
        told["work"][0],
        told["student" if "student" in told else "network"][0].replace(",", ""),
        told["memory"][1],
        *length,
    ]


def make_cohort(name, given, scratch):
    """The sheet of a tiny cohort in the place of the data."""
    manifest = given.get("synthetic", given["manifest"])
    knobs = [f"--{key}={value}" for key, value in given.get("phantom", {}).items()]
    run(
        ["phantom", "--grid", "24,28,20", "--spacing", 8, "--gates", "off", "--cases", 2, "--quiet", *knobs]
        + ["--output-dir", f"{scratch}/scans/{name}"]
    )
    call = ["preprocess", "--manifest", f"data-manifest/{manifest}.yaml", "--root", f"{scratch}/scans/{name}"]
    columns = given.get("columns")
    run([*call, *(["--columns", columns] if columns else []), "--output-dir", f"{scratch}/volumes/{name}", "--quiet"])
    return f"{scratch}/volumes/{name}/cases.tsv"


def sheet_for(row, sheets, scratch):
    """The sheet of a method's call: of the only cohort, or of all; for translated images stands a case of their kind."""
    if len(sheets) == 1:
        return next(iter(sheets.values()))
    composed = f"{scratch}/volumes/study.tsv"
    run(["python3", "workflow/scripts/sheet.py", "compose", *(f"{n}={s}" for n, s in sheets.items()), "--output", composed])
    if "translated" not in row:
        return composed
    lines = Path(composed).read_text().splitlines()
    made, own = row["translated"]["cohort"], row["tests"]
    kept = [line for line in lines if not line.endswith(f"\t{made}")]
    kept[-1] = kept[-1].removesuffix(f"\t{own}") + f"\t{made}"
    Path(f"{scratch}/volumes/{made}-as-{own}.tsv").write_text("\n".join(kept) + "\n")
    return f"{scratch}/volumes/{made}-as-{own}.tsv"


def count(paper):
    """Writes work.csv: what --describe tells of every method at full size. A tiny cohort stands in for the data."""
    folder, experiment = load(paper)
    methods = trained_methods(experiment)
    fit = next((c["fit"] for c in experiment["cohorts"].values() if "fit" in c), None)
    roles = ("teacher", "volumes")
    teachers = {method_of(row[role]) for row in methods.values() for role in roles if role in row}
    with tempfile.TemporaryDirectory() as scratch:
        sheets = {name: make_cohort(name, given, scratch) for name, given in experiment["cohorts"].items()}
        lines = {}
        stated = [name for name in methods if "settings" in methods[name]]
        for name in sorted(stated, key=lambda m: m not in teachers):
            row = methods[name]
            own = cases = ["--cases", sheet_for(row, sheets, scratch), "--device", "cpu"]
            if "volumes" in row:
                made = f"{scratch}/{row['volumes']}"
                run(["ensemble-label", "--model", f"{made}.h5", *cases, "--output-dir", made, "--quiet"])
                own = ["--cases", f"{made}/cases.tsv", "--device", "cpu"]
            lines[name] = count_method(
                row,
                folder,
                folder / recipes_of(experiment, name)[0],
                fit,
                own,
                f"{scratch}/{method_of(row['teacher'])}.h5" if "teacher" in row else "",
                f"{scratch}/{name}.h5" if name in teachers else "",
            )
    for name in methods:  # nobody knows which method is the best: the dearest
        if name not in lines:
            lines[name] = max((lines[other] for other in methods[name]["best_of"]), key=lambda line: float(line[0]))
    with open(folder / "work.csv", "w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows([name, *lines[name]] for name in methods)


def rate_of(history, gmac):
    """TMAC/s of a run's steps; without validation and waiting."""
    rows = list(csv.DictReader(open(history)))
    return gmac * int(rows[-1]["step"]) / sum(float(row["seconds-step"]) for row in rows) / 1000


def cases_of(experiment, cohorts, row):
    """Training, validation and test cases of one run of a method; those of a pool count where it trains on them."""
    train, val, test, pool = (sum(n) for n in zip(*(c.dealt(experiment, row.get("tests")) for c in cohorts)))
    return train + (pool if "annotated" in row or row.get("true_labels") else 0), val, test


def annotations(experiment, cohorts):
    """Bytes of the pool's volumes, of all that a row's networks annotate."""
    given = [row["annotated"] for row in experiment["methods"].values() if "annotated" in row]
    made = {(by["by"], by.get("labels", "hard")) for by in given}
    volumes = (c.dealt(experiment, None)[3] * c.cut_voxels * (4 * c.sequences + 1) for c in cohorts)
    return sum(volumes) * len(made)


def iterations_of(work, train):
    """Of an epoch: a pass over the training cases, or as many as the settings say."""
    return int(work["epoch_iterations"]) or -(-train // int(work["batch"]))


def network_work(experiment, work, name):
    """GMAC of one pass through the network that a method predicts with: that of the method it starts from, if any.

    An iteration is a pass forward and two backward, through judges and teachers too, which do not predict.
    """
    return float(work[experiment["methods"][name].get("init", name)]["gmac_per_iteration"]) / 3


def storage(experiment, work, cohorts, runs):
    """GiB on disk: source volumes, and what every run leaves behind; a running one has two states beside it."""
    prepared_size = 0
    if experiment.get("grid") == "prepared":
        sizes = next(iter(work.values()))
        prepared_size = int(sizes["x"]) * int(sizes["y"]) * int(sizes["z"])
    volumes = prepared = made = translated = 0
    for cohort in cohorts:
        train, val, test, pool = cohort.dealt(experiment, None)
        every = train + test + pool + (0 if "folds" in experiment else val)
        voxels = prepared_size or cohort.cut_voxels
        volumes += every * cohort.cut_voxels * (4 * cohort.sequences + 1)
        prepared += every * prepared_size * (4 * cohort.sequences + 1)
        made += every * voxels * (4 * (cohort.sequences + 1) + 1)
        makers = {(r["translated"]["by"], r["translated"]["cohort"]) for r in experiment["methods"].values() if "translated" in r}
        translated += cohort.cases * cohort.fit_voxels * 5 * sum(of == cohort.name for _, of in makers)
    left = 0
    for name, row in experiment["methods"].items():
        tested = [c for c in cohorts if row.get("tests") in (None, c.name)]
        voxels = prepared_size or max(c.cut_voxels for c in tested)
        values = max(2 * c.classes + 1 for c in tested)
        predictions = cases_of(experiment, cohorts, row)[2] * voxels * values * len(rows_of(experiment, name))
        sampled = sum(method_of(r) == name for r in experiment.get("uncertainty", []))
        maps = cases_of(experiment, cohorts, row)[2] * voxels * (values + 4 * len(experiment["regions"])) * sampled
        left += (4 * int(work[name]["parameters"]) if name in work else 0) + predictions + maps
    return {
        "source volumes": volumes,
        "prepared volumes": prepared,
        "volumes with channels made by networks": made * runs * sum("volumes" in row for row in experiment["methods"].values()),
        "translated volumes": translated * runs,
        "annotations": annotations(experiment, cohorts) * runs,
        "networks and predictions": left * runs,
        "states of each running training, at most": max(2 * 4 * 4 * int(row["parameters"]) for row in work.values()),
    }


def show_trainings(experiment, work, cohorts, rate, runs):
    """One line per trained method; returns their hours."""
    total = 0.0
    for name, method in trained_methods(experiment).items():
        row = work[name]
        train, val, _ = cases_of(experiment, cohorts, method)
        iterations = int(row["epochs"]) * iterations_of(row, train)
        # Validation passes every validation case forward once per epoch: a third of an iteration.
        passes = iterations + int(row["epochs"]) * val / 3
        hours = float(row["gmac_per_iteration"]) * passes / rate / 3.6e6
        total += hours * runs
        print(
            f"{name:<18} {float(row['gmac_per_iteration']):>14.1f} {iterations:>10} {hours:>9.1f} {runs:>4}"
            f" {hours * runs:>8.1f} {float(row['memory_gib']):>8.2f}"
        )
    return total


def show_sampling(experiment, work, cohorts, rate, runs, samples):
    """One line for all rows sampled with dropout; returns their hours."""
    sampled = [method_of(row) for row in experiment.get("uncertainty", [])]
    if not sampled:
        return 0.0
    tests = {name: cases_of(experiment, cohorts, experiment["methods"][name])[2] for name in sampled}
    hours = sum(tests[m] * samples * network_work(experiment, work, m) for m in sampled) * runs / rate / 3.6e6
    mean = sum(network_work(experiment, work, m) for m in sampled) / len(sampled)
    print(f"{'mcdropout':<18} {mean:>14.1f} {max(tests.values()) * samples:>10} {'':>9} {len(sampled):>4} {hours:>8.1f}")
    return hours


def show(paper, rate, said, seeds, samples):
    folder, experiment = load(paper)
    cohorts = cohorts_of(experiment)
    work = {row["method"]: row for row in csv.DictReader(open(folder / "work.csv"))}
    missing = [name for name in trained_methods(experiment) if name not in work]
    if missing:
        fail(f"{folder}/work.csv lacks {', '.join(missing)}; scale.py {paper} --count adds them")
    folds = experiment.get("folds", 1)
    train, val, test = cases_of(experiment, cohorts, {})
    print(f"{paper}: {train} training, {val} validation, {test} test cases; {folds} fold(s), {seeds} seed(s)")
    print(f"rate {rate:.2f} TMAC/s, {said}\n")
    print(f"{'method':<18} {'GMAC/iteration':>14} {'iterations':>10} {'h per run':>9} {'runs':>4} {'GPU h':>8} {'GPU GiB':>8}")
    total = show_trainings(experiment, work, cohorts, rate, folds * seeds)
    total += show_sampling(experiment, work, cohorts, rate, folds * seeds, samples)
    print(f"{'sum':<18} {'':>14} {'':>10} {'':>9} {'':>4} {total:>8.1f}\n")
    for what, size in storage(experiment, work, cohorts, folds * seeds).items():
        if size:
            print(f"disk    {size / GIB:>8.1f} GiB  {what}")
    largest = max(int(r["x"]) * int(r["y"]) * int(r["z"]) for r in work.values())
    prepared = experiment.get("grid") == "prepared"
    cache = 0
    for cohort in cohorts:
        decoded = largest if prepared else max(largest, cohort.cut_voxels)
        train, val, _, pool = cohort.dealt(experiment, None)
        cache += (train + val + pool) * decoded * (4 * cohort.sequences + 2)
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
