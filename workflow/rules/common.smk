# Names, paths and the experiment that the rules share.
#
# A study is the experiment on its cohorts: the main one, one more for each control, whose cohorts are made with other
# knobs, and one for each other number of labels. A method is trained, a row is tested (scripts/experiment.py); most methods are one row.
import os
import subprocess
import sys

sys.path.insert(0, f"{workflow.basedir}/scripts")
import experiment as papers


def fail(message):
    sys.exit(f"workflow: error: {message}")


def known(name, names, what):
    """Ends the workflow when a name from the command line is not one of `names`."""
    if name not in names:
        fail(f"{what} is not one of {', '.join(names)}")


PAPER = config["paper"]
SCALE = config["scale"]
SETTINGS = f"config/experiments/{PAPER}"
known(SCALE, config["scales"], f"scale '{SCALE}' of config/config.yaml")
known(
    PAPER,
    sorted(
        folder
        for folder in os.listdir("config/experiments")
        if os.path.exists(f"config/experiments/{folder}/experiment.yaml")
    ),
    f"PAPER={PAPER}",
)
EXPERIMENT = papers.load(f"{SETTINGS}/experiment.yaml")
for name in EXPERIMENT.get("scales", {}):
    known(name, config["scales"], f"scale '{name}' of {SETTINGS}/experiment.yaml")
OWN_SCALE = EXPERIMENT.get("scales", {}).get(SCALE, {})
SCALING = {**config["scales"][SCALE], **OWN_SCALE}
SCALE_FOLDER = f"config/scales/{SCALING.get('settings', SCALE)}"
SCALE_INI = f"{SCALE_FOLDER}/{PAPER}.ini"
MANY_THREADS = SCALING["threads"]["many"]

# Which rows, seeds and folds.
EVERY_ROW = (config.get("rows") or SCALING.get("rows", "all")) == "all"
SCORED = list(dict.fromkeys(map(papers.method_of, papers.rows(EXPERIMENT))))
METHODS = config.get("methods") or [
    name
    for name in (SCORED if EVERY_ROW else EXPERIMENT["main"])
    if name not in SCALING.get("without", [])
]
for name in METHODS:
    known(name, SCORED, f"methods={name}")
ROWS = [row for name in METHODS for row in papers.rows_of(EXPERIMENT, name)]
SAMPLED = [m for m in EXPERIMENT.get("uncertainty", []) if m in ROWS and EVERY_ROW]
SEEDS = config.get("seeds") or papers.seeds_of(
    EXPERIMENT, SCALE, SCALING.get("seeds", [0])
)
FOLD_COUNT = 0 if "split" in OWN_SCALE else EXPERIMENT.get("folds", 0)
FOLDS = [0]
if FOLD_COUNT:
    FOLDS = config.get("folds") or SCALING.get("folds") or list(range(FOLD_COUNT))
    if max(FOLDS) >= FOLD_COUNT:
        fail(f"folds {FOLDS}: {PAPER} has folds 0 to {FOLD_COUNT - 1}")
VALIDATION = config.get("validation") or EXPERIMENT.get("validation")
INNER = FOLD_COUNT > 0 and VALIDATION == "inner"
if INNER and "inner" not in EXPERIMENT:
    fail(
        f"validation=inner: {PAPER} does not say how many cases that would be (`inner`)"
    )

# Studies and where they lie.
NAME = "[a-z0-9-]+"
ROW_NAME = rf"{NAME}(\.{NAME})?"
SYNTHETIC = SCALING["cohort"] == "synthetic"
MAIN_STUDY = SCALE if SYNTHETIC else "-".join(EXPERIMENT["cohorts"])
WITH_OTHERS = SYNTHETIC and EVERY_ROW and SCALING.get("controls")
CONTROLS = EXPERIMENT.get("controls", {}) if WITH_OTHERS else {}
TRAINING_CASES = (SCALING.get("split") or EXPERIMENT.get("split", [0]))[0]
AMOUNTS = {
    name: amount
    for name, amount in (EXPERIMENT.get("amounts", {}) if WITH_OTHERS else {}).items()
    if amount["labelled"] < TRAINING_CASES
}
STUDIES = [MAIN_STUDY, *(f"{MAIN_STUDY}-{name}" for name in [*CONTROLS, *AMOUNTS])]
ROOT = f"{config['results']}/{PAPER}/{MAIN_STUDY}"
STUDY = f"{config['results']}/{PAPER}/{{study}}"
RUN = f"{STUDY}/{{method}}/fold{{fold}}_seed{{seed}}"
TESTED = f"{STUDY}/{{row}}/fold{{fold}}_seed{{seed}}"


def runs_of(rows, study=MAIN_STUDY, pattern=TESTED):
    """Paths of a pattern for every run of some rows."""
    return [
        pattern.format(study=study, row=r, fold=f, seed=s)
        for r in rows
        for f in FOLDS
        for s in SEEDS
    ]


def part_of(study):
    """The control or the amount of labels that a study is; nothing for the main one."""
    return {**CONTROLS, **AMOUNTS}.get(study[len(MAIN_STUDY) + 1 :])


def method_of(wildcards):
    """A method's settings, by its own name or by that of a row."""
    name = wildcards.get("method") or papers.method_of(wildcards.row)
    return EXPERIMENT["methods"][name]


def settings_files(name):
    """A method's settings files, then the scale's for all methods, then the scale's for it: later ones win.

    A method whose network is another one (`own_scale`) takes nothing of what the scale sets for all. Of one whose
    settings are another one's (`best_of`): all that it may take.
    """
    row = EXPERIMENT["methods"][name]
    if "best_of" in row:
        every = [file for other in row["best_of"] for file in settings_files(other)]
        return list(dict.fromkeys(every))
    own = [
        f"{SCALE_FOLDER}/{PAPER}/{n}.ini"
        for n in dict.fromkeys([row.get("like", name), name])
    ]
    return (
        [f"{SETTINGS}/{file}" for file in row["settings"]]
        + ([] if row.get("own_scale") else [SCALE_INI])
        + [file for file in own if os.path.exists(file)]
    )


def recipe_file(name):
    """A recipe of the experiment, or the scale's in its place."""
    own = f"{SCALE_FOLDER}/{PAPER}/{name}"
    return own if os.path.exists(own) else f"{SETTINGS}/{name}"


def folder_of_output(wildcards, output):
    return os.path.dirname(output[0])


def check_settings():
    """Every settings file is parsed before a job is submitted, so that a typo ends the workflow at once."""
    for name in papers.needed(EXPERIMENT, ROWS):
        call = [EXPERIMENT["methods"][name]["program"], "--print-config"]
        for file in settings_files(name):
            call += ["--config", file]
        found = subprocess.run(call, capture_output=True, text=True)
        if found.returncode:
            fail(f"method {name}: {found.stderr.strip()}")
