# What rules put into the programs' calls: cases, networks, comparisons.
def sheet_of(wildcards):
    """All cases as a run takes them in: those of the cohorts, with channels or with labels that networks made."""
    annotated = method_of(wildcards).get("annotated")
    if annotated:
        return f"{TESTED}/annotated-{{labels}}/all.tsv".format(
            study=wildcards.study,
            row=annotated["by"],
            fold=wildcards.fold,
            seed=wildcards.seed,
            labels=annotated.get("labels", "hard"),
        )
    translated = method_of(wildcards).get("translated")
    if translated:
        return f"{RUN}/{{cohort}}-{{direction}}/all.tsv".format(
            study=wildcards.study,
            method=translated["by"],
            fold=wildcards.fold,
            seed=wildcards.seed,
            **translated,
        )
    source = method_of(wildcards).get("volumes")
    if source:
        return f"{RUN}/volumes/cases.tsv".format(
            study=wildcards.study,
            method=source,
            fold=wildcards.fold,
            seed=wildcards.seed,
        )
    sheet = base_sheet(wildcards)
    if method_of(wildcards).get("true_labels"):
        return sheet.removesuffix(".tsv") + ".opened.tsv"
    return sheet


def training_sheet(wildcards):
    """The sheet that a run trains by: with inner validation one of its own."""
    sheet = sheet_of(wildcards)
    return (
        sheet.removesuffix(".tsv") + f".inner-fold{wildcards.fold}.tsv"
        if INNER
        else sheet
    )


def training_cases(wildcards):
    """--where and --validate of a training call."""
    train, validate = ["split=train"], ["split=val"]
    if FOLD_COUNT and not INNER:
        train, validate = [f"fold!={wildcards.fold}"], [f"fold={wildcards.fold}"]
    own = list(method_of(wildcards).get("where", []))
    if papers.has_pool(EXPERIMENT):
        own.append("pool!=yes")
    if INNER and SEVERAL and "tests" in method_of(wildcards):
        validate.append(f"cohort={method_of(wildcards)['tests']}")
    flags = [f"--where {condition}" for condition in train + own]
    # Translators are not validated: nobody knows the right translation.
    if VALIDATION != "none" and method_of(wildcards)["program"] != "cyclegan-align":
        flags += [f"--validate {condition}" for condition in validate + own]
    return " ".join(flags)


def test_cases(wildcards):
    return f"fold={wildcards.fold}" if FOLD_COUNT else "split=test"


def other_checkpoint(role):
    """Input function: the checkpoint that plays `role` (teacher, init) for this run, or nothing."""

    def checkpoint(wildcards):
        name = papers.method_of(method_of(wildcards).get(role, ""))
        return (
            f"{RUN}/checkpoint.h5".format(**{**wildcards, "method": name})
            if name
            else []
        )

    return checkpoint


def settings_flags(wildcards, input):
    """--config of a training call: its own settings files, or those chosen for it."""
    if input.get("chosen"):
        return f"$(sed 's/^/--config /' {input.chosen})"
    return " ".join(f"--config {file}" for file in input.settings)


def role_flags(wildcards, input):
    """--teacher and --init of a training call."""
    flags = [
        f"--{role} {input[role]}" for role in ("teacher", "init") if input.get(role)
    ]
    network = papers.network_of(method_of(wildcards).get("teacher", ""))
    if network:
        flags.append(f"--network {network}")
    return " ".join(flags)


def recipe_flag(wildcards, input):
    """--recipe of a method that takes translated images, which are prepared by it already."""
    if "translated" not in method_of(wildcards):
        return ""
    return f"--recipe {os.path.dirname(input.sheet)}/recipe.ini"


def models_of(wildcards):
    """The checkpoints that a row predicts with: its own, or those of its members."""
    name = papers.method_of(wildcards.row)
    return [
        f"{RUN}/checkpoint.h5".format(**{**wildcards, "method": member})
        for member in EXPERIMENT["methods"][name].get("members", [name])
    ]


def model_flags(wildcards, input):
    return " ".join(f"--model {model}" for model in input.models)


def network_flag(wildcards):
    """--network of a row that is one of several in its checkpoint."""
    network = papers.network_of(wildcards.row)
    return f"--network {network}" if network else ""


def available_flag(wildcards):
    """--available of a network that takes any subset of its channels."""
    channels = method_of(wildcards).get("available")
    return f"--available {','.join(channels)}" if channels else ""


def translations_shown(figure):
    """The sheets that a figure of translations is drawn from: of the images, the translations, and the way back."""
    there, back = figure["directions"]
    shown = f"{RUN}/shown-{figure['cohort']}".format(
        study=MAIN_STUDY, method=figure["method"], fold=FOLDS[0], seed=SEEDS[0]
    )
    return [f"{shown}/{name}/cases.tsv" for name in ("input", there, f"{there}-{back}")]


def mean_flags(wildcards):
    """--mean of an experiment that compares means over all regions, as --regions lists them."""
    if "mean" not in EXPERIMENT or wildcards.kind != "cases":
        return ""
    return f"--regions {' '.join(EXPERIMENT['regions'])} --mean {EXPERIMENT['mean']}"


def comparisons_in(study, kind):
    """Reference and others of a study's comparisons, as far as both are run and have such scores."""
    part = part_of(study)
    wanted = (part or EXPERIMENT)["comparisons"]
    pool = ROWS
    if part:
        pool = rows_of_part(part)
    elif kind == "uncertainty":
        pool = SAMPLED
    found = {
        r: [m for m in others if m in pool] for r, others in wanted.items() if r in pool
    }
    return {r: others for r, others in found.items() if others}


def rows_of_part(part):
    """The rows of a control or of an amount of labels."""
    return [row for name in part["methods"] for row in papers.rows_of(EXPERIMENT, name)]


def comparison_files(study):
    """Paths of all comparisons of a study."""
    root = STUDY.format(study=study)
    return [
        f"{root}/comparison-{reference}-{kind}.csv"
        for kind in ("cases", "uncertainty")
        for reference in comparisons_in(study, kind)
        if kind == "cases" or study == MAIN_STUDY
    ]


def compared(wildcards):
    """NAME=FILE of the rows that a comparison sets against its reference."""
    others = comparisons_in(wildcards.study, wildcards.kind)[wildcards.reference]
    root = STUDY.format(study=wildcards.study)
    return [f"{m}={root}/{m}/{wildcards.kind}-over-seeds.csv" for m in others]
