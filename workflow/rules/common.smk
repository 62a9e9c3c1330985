# Names, paths and the experiment that the rules share.
import os
import subprocess
import sys

import yaml


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

METHODS = config.get("methods") or EXPERIMENT["main"]
SCALE_INI = f"config/scales/{SCALE}/{PAPER}.ini"
SYNTHETIC = SCALING["cohort"] == "synthetic"
COHORT = SCALE if SYNTHETIC else EXPERIMENT["manifest"]
ROOT = f"{config['results']}/{PAPER}/{COHORT}"
RUN = f"{ROOT}/{{method}}/fold{{fold}}_seed{{seed}}"
SHEET = f"{ROOT}/volumes/cases.tsv"
SPLIT = ",".join(map(str, SCALING.get("split") or EXPERIMENT["split"]))
MANY_THREADS = SCALING["threads"]["many"]
RUNS = [
    {"method": method, "fold": fold, "seed": seed}
    for method in METHODS
    for fold in config["folds"]
    for seed in config["seeds"]
]


def slot_retries(n):
    """Only the main process retries; Snakemake inside a cluster job must not."""
    return n if workflow.is_main_process else 0


def method(wildcards):
    return EXPERIMENT["methods"][wildcards.method]


def settings_of(wildcards):
    """The method's settings files, then the scale's: later ones win."""
    return [f"{SETTINGS}/{name}" for name in method(wildcards)["settings"]] + [
        SCALE_INI
    ]


def recipe_of(wildcards):
    return f"{SETTINGS}/{EXPERIMENT['recipe']}"


def other_checkpoint(role):
    """Input function: the checkpoint that plays `role` (teacher, init) for this run, or nothing."""

    def checkpoint(wildcards):
        name = method(wildcards).get(role)
        if not name:
            return []
        return f"{ROOT}/{name}/fold{wildcards.fold}_seed{wildcards.seed}/checkpoint.h5"

    return checkpoint


def role_flags(wildcards, input):
    """--teacher and --init of a training call."""
    flags = [
        f"--{role} {input[role]}" for role in ("teacher", "init") if input.get(role)
    ]
    return " ".join(flags)


def folder_of_output(wildcards, output):
    return os.path.dirname(output[0])


def scans(wildcards, input):
    return os.path.dirname(input.cohort) if SYNTHETIC else config["data"]


def settings_folder(wildcards, input):
    return os.path.dirname(input.experiment)


def program(wildcards):
    return method(wildcards)["program"]


def training_threads(wildcards):
    return SCALING["threads"][program(wildcards)]


def check_settings():
    """Every settings file is parsed before a job is submitted, so that a typo ends the workflow at once."""
    for name in METHODS:
        row = EXPERIMENT["methods"][name]
        call = [row["program"], "--print-config"]
        for file in row["settings"]:
            call += ["--config", f"{SETTINGS}/{file}"]
        call += ["--config", SCALE_INI]
        found = subprocess.run(call, capture_output=True, text=True)
        if found.returncode:
            fail(f"method {name}: {found.stderr.strip()}")
