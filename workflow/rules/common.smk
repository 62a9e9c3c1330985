# Names, paths and the experiment that the rules share.
import os
import subprocess
import sys

import yaml
from snakemake.jobs import Job


def fail(message):
    sys.exit(f"workflow: error: {message}")


PAPER = config["paper"]
SCALE = config["scale"]
if SCALE not in config["scales"]:
    fail(
        f"scale '{SCALE}' is not one of {', '.join(config['scales'])} (config/config.yaml)"
    )
SCALING = config["scales"][SCALE]
SETTINGS = f"config/experiments/{PAPER}"
if not os.path.exists(f"{SETTINGS}/experiment.yaml"):
    known = sorted(d for d in os.listdir("config/experiments") if d != "README.md")
    fail(f"PAPER={PAPER} is not one of {', '.join(known)}")
with open(f"{SETTINGS}/experiment.yaml") as stream:
    EXPERIMENT = yaml.safe_load(stream)
validate(EXPERIMENT, "../schemas/experiment.schema.yaml")

ROWS = config.get("rows") or SCALING.get("rows", "all")
# Methods that only make volumes for others stand in no table.
METHODS = config.get("methods") or (
    EXPERIMENT["main"]
    if ROWS == "main"
    else [n for n, row in EXPERIMENT["methods"].items() if row.get("scored", True)]
)
SEEDS = config.get("seeds") or EXPERIMENT.get("seeds") or SCALING.get("seeds", [0])
SCALE_FOLDER = f"config/scales/{SCALING.get('settings', SCALE)}"
SCALE_INI = f"{SCALE_FOLDER}/{PAPER}.ini"
SYNTHETIC = SCALING["cohort"] == "synthetic"
COHORT = SCALE if SYNTHETIC else EXPERIMENT["manifest"]
ROOT = f"{config['results']}/{PAPER}/{COHORT}"
# Negative and positive controls are cohorts of their own, made with other knobs.
CONTROLS = (
    {
        name: row
        for name, row in EXPERIMENT.get("controls", {}).items()
        if SCALING.get("controls")
    }
    if SYNTHETIC and ROWS == "all"
    else {}
)
COHORTS = [COHORT, *(f"{COHORT}-{name}" for name in CONTROLS)]
ANY = f"{config['results']}/{PAPER}/{{cohort}}"
RUN = f"{ANY}/{{method}}/fold{{fold}}_seed{{seed}}"
SOURCES = f"{ANY}/volumes/cases.tsv"
PREPARED = EXPERIMENT.get("grid") == "prepared"
SHEET = f"{ANY}/prepared/cases.tsv" if PREPARED else SOURCES
FOLD_COUNT = EXPERIMENT.get("folds", 0)
FOLDS = [0]
if FOLD_COUNT:
    FOLDS = config.get("folds") or SCALING.get("folds") or list(range(FOLD_COUNT))
    if max(FOLDS) >= FOLD_COUNT:
        fail(f"folds {FOLDS}: {PAPER} has folds 0 to {FOLD_COUNT - 1}")
INNER = (
    FOLD_COUNT > 0 and (config.get("validation") or EXPERIMENT["validation"]) == "inner"
)
MANY_THREADS = SCALING["threads"]["many"]
SAMPLED = [
    m for m in EXPERIMENT.get("uncertainty", []) if m in METHODS and ROWS != "main"
]


def runs_of(methods, cohort=COHORT, pattern=RUN):
    """Paths of a pattern for every run of some methods."""
    return [
        pattern.format(cohort=cohort, method=m, fold=f, seed=s)
        for m in methods
        for f in FOLDS
        for s in SEEDS
    ]


def slot_retries(n):
    """Only the main process retries; Snakemake inside a cluster job must not."""
    return n if workflow.is_main_process else 0


def failed_for_good(job):
    """Whether a training ended with an error that another call cannot mend.

    A stop with saved state and a killed process leave no error in the log; another training in the run folder
    and a GPU out of order pass.
    """
    if job.rule.name != "train" or not os.path.exists(job.log[0]):
        return False
    with open(job.log[0], errors="replace") as log:
        errors = [line for line in log if ": error: " in line]
    return any("in use by" not in line and "CUDA" not in line for line in errors)


# To Snakemake a stop with saved state and a failure for good are the same; it would queue both again.
Job.restart_times = property(
    lambda job: 0 if failed_for_good(job) else job.rule.restart_times
)


def method(wildcards):
    return EXPERIMENT["methods"][wildcards.method]


def settings_files(name):
    """A method's settings files, then the scale's for all methods, then the scale's for it: later ones win.

    A method whose network is another one (`own_scale`) takes nothing of what the scale sets for all.
    """
    row = EXPERIMENT["methods"][name]
    own = [
        f"{SCALE_FOLDER}/{PAPER}/{n}.ini"
        for n in dict.fromkeys([row.get("like", name), name])
    ]
    return (
        [f"{SETTINGS}/{file}" for file in row["settings"]]
        + ([] if row.get("own_scale") else [SCALE_INI])
        + [file for file in own if os.path.exists(file)]
    )


def settings_of(wildcards):
    return settings_files(wildcards.method)


def recipe_file(name):
    """A recipe of the experiment, or the scale's in its place."""
    own = f"{SCALE_FOLDER}/{PAPER}/{name}"
    return own if os.path.exists(own) else f"{SETTINGS}/{name}"


def recipe_of(wildcards):
    return recipe_file(method(wildcards).get("recipe", EXPERIMENT["recipe"]))


def deal_flags(wildcards):
    """How the cohort is divided: a split, or folds."""
    if FOLD_COUNT:
        return f"--folds {FOLD_COUNT}"
    split = SCALING.get("split") or EXPERIMENT["split"]
    return f"--split {','.join(map(str, split))}"


def sheet_of(wildcards):
    """All cases as a run takes them in: those of the cohort, or with channels that another method's network made."""
    source = method(wildcards).get("volumes")
    if source:
        return f"{RUN}/volumes/cases.tsv".format(**{**wildcards, "method": source})
    return SHEET.format(**wildcards)


def training_sheet(wildcards):
    """The sheet that a run trains by: with inner validation one of its own."""
    sheet = sheet_of(wildcards)
    if INNER:
        return f"{os.path.dirname(sheet)}/inner-fold{wildcards.fold}.tsv"
    return sheet


def training_cases(wildcards):
    if FOLD_COUNT and not INNER:
        return f"--where fold!={wildcards.fold} --validate fold={wildcards.fold}"
    return "--where split=train --validate split=val"


def test_cases(wildcards):
    return f"fold={wildcards.fold}" if FOLD_COUNT else "split=test"


def other_checkpoint(role):
    """Input function: the checkpoint that plays `role` (teacher, init) for this run, or nothing."""

    def checkpoint(wildcards):
        name = method(wildcards).get(role)
        if not name:
            return []
        return f"{RUN}/checkpoint.h5".format(**{**wildcards, "method": name})

    return checkpoint


def role_flags(wildcards, input):
    """--teacher and --init of a training call."""
    flags = [
        f"--{role} {input[role]}" for role in ("teacher", "init") if input.get(role)
    ]
    return " ".join(flags)


def available_flag(wildcards):
    """--available of a network that takes any subset of its channels."""
    channels = method(wildcards).get("available")
    return f"--available {','.join(channels)}" if channels else ""


def folder_of_output(wildcards, output):
    return os.path.dirname(output[0])


def scans(wildcards, input):
    return os.path.dirname(input.cohort) if SYNTHETIC else config["data"]


def settings_folder(wildcards, input):
    return os.path.dirname(input.experiment)


def control_flags(wildcards):
    """The knobs of a control cohort; none for the main one."""
    knobs = CONTROLS.get(wildcards.cohort[len(COHORT) + 1 :], {}).get("phantom", {})
    return " ".join(f"--{key} {value}" for key, value in knobs.items())


def program(wildcards):
    return method(wildcards)["program"]


def training_threads(wildcards):
    return SCALING["threads"][program(wildcards)]


def comparisons_in(cohort, kind):
    """Reference and others of a cohort's comparisons, as far as both are run and have such scores."""
    control = CONTROLS.get(cohort[len(COHORT) + 1 :])
    wanted = (control or EXPERIMENT)["comparisons"]
    pool = (
        SAMPLED if kind == "uncertainty" else control["methods"] if control else METHODS
    )
    found = {
        r: [m for m in others if m in pool] for r, others in wanted.items() if r in pool
    }
    return {r: others for r, others in found.items() if others}


def comparison_files(cohort):
    """Paths of all comparisons of a cohort."""
    root = ANY.format(cohort=cohort)
    return [
        f"{root}/comparison-{reference}-{kind}.csv"
        for kind in ("cases", "uncertainty")
        for reference in comparisons_in(cohort, kind)
        if kind == "cases" or cohort == COHORT
    ]


def compared(wildcards):
    """NAME=FILE of the methods that a comparison sets against its reference."""
    others = comparisons_in(wildcards.cohort, wildcards.kind)[wildcards.reference]
    root = ANY.format(cohort=wildcards.cohort)
    return [f"{m}={root}/{m}/{wildcards.kind}-over-seeds.csv" for m in others]


def check_settings():
    """Every settings file is parsed before a job is submitted, so that a typo ends the workflow at once."""
    makers = {EXPERIMENT["methods"][name].get("volumes") for name in METHODS} - {None}
    for name in [*METHODS, *sorted(makers)]:
        call = [EXPERIMENT["methods"][name]["program"], "--print-config"]
        for file in settings_files(name):
            call += ["--config", file]
        found = subprocess.run(call, capture_output=True, text=True)
        if found.returncode:
            fail(f"method {name}: {found.stderr.strip()}")
