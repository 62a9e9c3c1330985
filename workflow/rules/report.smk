# Tables, figures and verdict as in the paper, and one page that opens without a network.
SCORES = runs_of(METHODS, pattern=f"{RUN}/cases.csv") + runs_of(
    SAMPLED, pattern=f"{RUN}/uncertainty.csv"
)
COMPARISONS = comparison_files(COHORT)
CONTROL_FILES = [
    file
    for name, row in CONTROLS.items()
    for file in comparison_files(f"{COHORT}-{name}")
    + runs_of(row["methods"], f"{COHORT}-{name}", f"{RUN}/cases.csv")
]


rule tables:
    input:
        SCORES,
        COMPARISONS,
        expand(f"{ROOT}/{{method}}/cases-over-seeds.csv", method=METHODS),
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
        methods=METHODS,
    message:
        "tables (log: {log})"
    shell:
        "exec python3 workflow/scripts/table.py --experiment {input.experiment} --claimed {input.claimed}"
        " --root {params.root} --methods {params.methods} > {log} 2>&1"


rule verdict:
    input:
        SCORES,
        COMPARISONS,
        CONTROL_FILES,
        experiment=f"{SETTINGS}/experiment.yaml",
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
        methods=METHODS,
        controls=list(CONTROLS),
    message:
        "verdict (log: {log})"
    shell:
        "exec python3 workflow/scripts/verdict.py --experiment {input.experiment} --root {params.root}"
        " --methods {params.methods} --controls {params.controls} --output {output} > {log} 2>&1"


rule figures:
    input:
        SCORES,
        experiment=f"{SETTINGS}/experiment.yaml",
    output:
        segmentations=f"{ROOT}/figure2.png",
        uncertainty=[f"{ROOT}/figure3.png"] if SAMPLED else [],
    log:
        f"{ROOT}/logs/figures.log",
    localrule: True
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        root=folder_of_output,
        methods=METHODS,
        sampled=SAMPLED,
    message:
        "figures (log: {log})"
    shell:
        "exec python3 workflow/scripts/figures.py --experiment {input.experiment} --root {params.root}"
        " --methods {params.methods} --sampled {params.sampled} > {log} 2>&1"


rule report:
    input:
        rules.tables.output,
        rules.verdict.output,
        rules.figures.output,
        SCORES,
        experiment=f"{SETTINGS}/experiment.yaml",
        scale=SCALE_INI,
        cohort=f"{ROOT}/scans/cohort.json" if SYNTHETIC else [],
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
        methods=METHODS,
        settings=settings_folder,
        files=lambda wildcards: list(
            dict.fromkeys(file for name in METHODS for file in settings_files(name))
        ),
        scale=SCALE,
    message:
        "report (log: {log})"
    shell:
        "exec python3 workflow/scripts/report.py --experiment {input.experiment} --settings {params.settings}"
        " --files {params.files} --scale {params.scale} --root {params.root} --methods {params.methods}"
        " --output {output} > {log} 2>&1"
