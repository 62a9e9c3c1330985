# Scores of the test cases, and what the methods' scores say beside each other.
rule evaluate:
    input:
        sheet=SHEET,
        predictions=f"{RUN}/predictions/predictions.csv",
    output:
        cases=f"{RUN}/cases.csv",
        summary=f"{RUN}/summary.json",
    log:
        f"{RUN}/evaluate.log",
    threads: MANY_THREADS
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        cases=test_cases,
        grid="--grid stored" if PREPARED else "",
    message:
        "scoring {wildcards.method}, fold {wildcards.fold}, seed {wildcards.seed} (log: {log})"
    shell:
        "exec evaluate --cases {input.sheet} --where {params.cases} {params.grid} --prediction $(dirname {input.predictions})"
        " --output {output.cases} --summary {output.summary} --force --threads {threads} > {log} 2>&1"


rule evaluate_uncertainty:
    input:
        sheet=SHEET,
        predictions=f"{RUN}/uncertainty/predictions.csv",
    output:
        cases=f"{RUN}/uncertainty.csv",
        summary=f"{RUN}/uncertainty.json",
        curves=f"{RUN}/uncertainty-curves.csv",
    log:
        f"{RUN}/evaluate-uncertainty.log",
    threads: MANY_THREADS
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        cases=test_cases,
        grid="--grid stored" if PREPARED else "",
    message:
        "scoring the uncertainty of {wildcards.method}, fold {wildcards.fold}, seed {wildcards.seed} (log: {log})"
    shell:
        "exec evaluate --cases {input.sheet} --where {params.cases} {params.grid} --prediction $(dirname {input.predictions})"
        " --metrics qu_dice_auc,qu_ftp_auc,qu_ftn_auc,qu_score --curves {output.curves}"
        " --output {output.cases} --summary {output.summary} --force --threads {threads} > {log} 2>&1"


rule average_seeds:
    input:
        scores=lambda wildcards: runs_of(
            [wildcards.method], wildcards.cohort, f"{RUN}/{wildcards.kind}.csv"
        ),
    output:
        f"{ANY}/{{method}}/{{kind}}-over-seeds.csv",
    log:
        f"{ANY}/logs/average-{{method}}-{{kind}}.log",
    wildcard_constraints:
        kind="cases|uncertainty",
    localrule: True
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "averaging the {wildcards.kind} scores of {wildcards.method} over seeds (log: {log})"
    shell:
        "exec python3 workflow/scripts/average_seeds.py {input.scores} --output {output} > {log} 2>&1"


rule compare:
    input:
        reference=f"{ANY}/{{reference}}/{{kind}}-over-seeds.csv",
        against=lambda wildcards: [pair.split("=")[1] for pair in compared(wildcards)],
    output:
        f"{ANY}/comparison-{{reference}}-{{kind}}.csv",
    log:
        f"{ANY}/logs/compare-{{reference}}-{{kind}}.log",
    wildcard_constraints:
        kind="cases|uncertainty",
        reference="[a-z0-9-]+",
    localrule: True
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        against=lambda wildcards: " ".join(
            f"--against {pair}" for pair in compared(wildcards)
        ),
        metrics=lambda wildcards: {
            "cases": "dice,dice_best",
            "uncertainty": "qu_score",
        }[wildcards.kind],
    message:
        "comparing {wildcards.reference} with others by {wildcards.kind} scores (log: {log})"
    shell:
        "exec evaluate --table {input.reference} {params.against} --metrics {params.metrics}"
        " --comparison {output} --force > {log} 2>&1"
