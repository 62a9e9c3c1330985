# What rules ask about the experiment's cohorts: where scans come from, how cases are dealt, which sheet holds them.
SEVERAL = len(EXPERIMENT["cohorts"]) > 1
POOL_BY_SEED = EXPERIMENT.get("pool_by_seed", False) or "pool" in OWN_SCALE
PART = "{cohort}/" if SEVERAL else ""
PREPARED = EXPERIMENT.get("grid") == "prepared"
VOLUMES = f"{STUDY}/{'prepared' if PREPARED else 'volumes'}"


def name_of_cohort(wildcards):
    return wildcards.get("cohort") or next(iter(EXPERIMENT["cohorts"]))


def cohort_of(wildcards):
    return EXPERIMENT["cohorts"][name_of_cohort(wildcards)]


def knobs(wildcards):
    """What differs between this cohort's phantoms and those that the scale says."""
    part = part_of(wildcards.study) or {}
    found = {**cohort_of(wildcards).get("phantom", {}), **part.get("phantom", {})}
    return " ".join(f"--{key} {value}" for key, value in found.items())


def manifest_of(wildcards):
    cohort = cohort_of(wildcards)
    name = cohort.get("synthetic") if SYNTHETIC else None
    return f"data-manifest/{name or cohort['manifest']}.yaml"


def scans(wildcards, input):
    """The folder of a cohort's scans; `data` is one folder for all, or one by cohort."""
    if SYNTHETIC:
        return os.path.dirname(input.cohort)
    if not isinstance(config["data"], dict):
        return config["data"]
    return config["data"].get(name_of_cohort(wildcards), "")


def columns_of(wildcards):
    """The table of published columns; synthetic cases are none of those it lists."""
    columns = cohort_of(wildcards).get("columns")
    return columns if columns and not SYNTHETIC else []


def deal_flags(wildcards, input):
    """How a cohort is divided: by published columns where they say it, else dealt into a split or folds; and its pool."""
    flags, published = "" if POOL_BY_SEED else pool_flags(wildcards), []
    if input.columns:
        flags += f"--columns {input.columns} "
        with open(input.columns) as table:
            published = table.readline().replace(",", "\t").split()
    if ("fold" if FOLD_COUNT else "split") in published:
        return flags
    if "split_seed" in EXPERIMENT:
        flags += f"--split-seed {EXPERIMENT['split_seed']} "
    if FOLD_COUNT:
        return flags + f"--folds {FOLD_COUNT}"
    split = SCALING.get("split") or EXPERIMENT["split"]
    proportions = " --proportions" if EXPERIMENT.get("proportions") else ""
    return flags + f"--split {','.join(map(str, split))}{proportions}"


def pool_flags(wildcards):
    """--pool SPLIT=HOW of a cohort that has cases to set apart."""
    pool = cohort_of(wildcards).get("pool", {})
    labelled = (part_of(wildcards.study) or {}).get("labelled")
    if labelled:
        pool = {"train": TRAINING_CASES - labelled}
    elif POOL_BY_SEED:
        pool = SCALING.get("pool") or pool
    parts = {"any": "all"} if pool == "all" else pool
    return "".join(f"--pool {split}={how} " for split, how in parts.items())


def base_sheet(wildcards):
    """All cases of a study, those of cohorts that the method does not test marked as training cases."""
    tested = method_of(wildcards).get("tests")
    name = "study" if SEVERAL else "cases"
    if POOL_BY_SEED:
        name = f"pool-seed{wildcards.seed}"
    if tested and SEVERAL:
        name = f"tests-{tested}"
    return f"{VOLUMES}/{name}.tsv".format(study=wildcards.study)
