# Tables, figures and verdict as in the paper, and one page that opens without a network.
SCORES = runs_of(ROWS, pattern=f"{TESTED}/cases.csv") + runs_of(
    SAMPLED, pattern=f"{TESTED}/uncertainty.csv"
)
COMPARISONS = comparison_files(MAIN_STUDY)
FILES_OF_PARTS = [
    file
    for name, part in {**CONTROLS, **AMOUNTS}.items()
    for file in comparison_files(f"{MAIN_STUDY}-{name}")
    + runs_of(rows_of_part(part), f"{MAIN_STUDY}-{name}", f"{TESTED}/cases.csv")
]
# Maps of uncertainty are there only where rows were sampled, several numbers of labels only where they are run.
SHOWN = {"segmentations": True, "filtering": SAMPLED, "amounts": AMOUNTS}
FIGURES = [
    number
    for number, figure in EXPERIMENT.get("figures", {}).items()
    if (
        figure["method"] in papers.needed(EXPERIMENT, ROWS)
        if figure["kind"] == "translations"
        else SHOWN[figure["kind"]]
    )
]
TRANSLATIONS = [
    sheet
    for number in FIGURES
    for figure in [EXPERIMENT["figures"][number]]
    if figure["kind"] == "translations"
    for sheet in translations_shown(figure)
]


rule tables:
    input:
        SCORES,
        COMPARISONS,
        expand(f"{ROOT}/{{row}}/cases-over-seeds.csv", row=ROWS),
        claimed=f"{SETTINGS}/claimed.csv",
        experiment=f"{SETTINGS}/experiment.yaml",
    output:
        expand(f"{ROOT}/table{{number}}.csv", number=EXPERIMENT["tables"]),
    log:
        f"{ROOT}/logs/tables.log",
    localrule: True
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        root=folder_of_output,
        rows=ROWS,
    message:
        "tables (log: {log})"
    shell:
        "exec python3 workflow/scripts/table.py --experiment {input.experiment} --claimed {input.claimed}"
        " --root {params.root} --rows {params.rows} > {log} 2>&1"


rule verdict:
    input:
        SCORES,
        COMPARISONS,
        FILES_OF_PARTS,
        experiment=f"{SETTINGS}/experiment.yaml",
        claimed=[] if SYNTHETIC else f"{SETTINGS}/claimed.csv",
    output:
        f"{ROOT}/verdict.csv",
    log:
        f"{ROOT}/logs/verdict.log",
    localrule: True
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        root=folder_of_output,
        rows=ROWS,
        claimed=lambda wildcards, input: (
            f"--claimed {input.claimed}" if input.claimed else ""
        ),
        controls=list(CONTROLS),
        amounts=list(AMOUNTS),
    message:
        "verdict (log: {log})"
    shell:
        "exec python3 workflow/scripts/verdict.py --experiment {input.experiment} --root {params.root}"
        " --rows {params.rows} {params.claimed} --controls {params.controls} --amounts {params.amounts} --output {output} > {log} 2>&1"


if FIGURES:

    rule figures:
        input:
            SCORES,
            TRANSLATIONS,
            COMPARISONS if AMOUNTS else [],
            FILES_OF_PARTS if AMOUNTS else [],
            experiment=f"{SETTINGS}/experiment.yaml",
        output:
            expand(f"{ROOT}/figure{{number}}.png", number=FIGURES),
        log:
            f"{ROOT}/logs/figures.log",
        localrule: True
        resources:
            mem_mb=2000,
            runtime=10,
        params:
            root=folder_of_output,
            rows=ROWS,
            sampled=SAMPLED,
            amounts=list(AMOUNTS),
            figures=FIGURES,
        message:
            "figures (log: {log})"
        shell:
            "exec python3 workflow/scripts/figures.py --experiment {input.experiment} --root {params.root}"
            " --rows {params.rows} --figures {params.figures} --sampled {params.sampled} --amounts {params.amounts} > {log} 2>&1"


rule report:
    input:
        rules.tables.output,
        rules.verdict.output,
        expand(f"{ROOT}/figure{{number}}.png", number=FIGURES),
        SCORES,
        experiment=f"{SETTINGS}/experiment.yaml",
        scale=SCALE_INI,
        cohorts=(
            expand(f"{ROOT}/scans/{PART}cohort.json", cohort=EXPERIMENT["cohorts"])
            if SYNTHETIC
            else []
        ),
    output:
        f"{ROOT}/report.html",
    log:
        f"{ROOT}/logs/report.log",
    localrule: True
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        root=folder_of_output,
        rows=ROWS,
        settings=lambda wildcards, input: os.path.dirname(input.experiment),
        files=lambda wildcards: list(
            dict.fromkeys(
                file
                for name in papers.trained(EXPERIMENT, ROWS)
                for file in settings_files(name)
            )
        ),
        scale=SCALE,
    message:
        "report (log: {log})"
    shell:
        "exec python3 workflow/scripts/report.py --experiment {input.experiment} --settings {params.settings}"
        " --files {params.files} --scale {params.scale} --root {params.root} --rows {params.rows}"
        " --output {output} > {log} 2>&1"
