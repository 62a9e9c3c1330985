# Scores of the test cases, and what the methods' scores say beside each other.
rule evaluate:
    input:
        sheet=base_sheet,
        predictions=f"{TESTED}/predictions/predictions.csv",
    output:
        cases=f"{TESTED}/cases.csv",
        summary=f"{TESTED}/summary.json",
    log:
        f"{TESTED}/evaluate.log",
    threads: MANY_THREADS
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        cases=test_cases,
        grid="--grid stored" if PREPARED else "",
    message:
        "scoring {wildcards.row}, fold {wildcards.fold}, seed {wildcards.seed} (log: {log})"
    shell:
        "exec evaluate --cases {input.sheet} --where {params.cases} {params.grid} --prediction $(dirname {input.predictions})"
        " --output {output.cases} --summary {output.summary} --force --threads {threads} > {log} 2>&1"


rule evaluate_uncertainty:
    input:
        sheet=base_sheet,
        predictions=f"{TESTED}/uncertainty/predictions.csv",
    output:
        cases=f"{TESTED}/uncertainty.csv",
        summary=f"{TESTED}/uncertainty.json",
        curves=f"{TESTED}/uncertainty-curves.csv",
    log:
        f"{TESTED}/evaluate-uncertainty.log",
    threads: MANY_THREADS
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        cases=test_cases,
        grid="--grid stored" if PREPARED else "",
    message:
        "scoring the uncertainty of {wildcards.row}, fold {wildcards.fold}, seed {wildcards.seed} (log: {log})"
    shell:
        "exec evaluate --cases {input.sheet} --where {params.cases} {params.grid} --prediction $(dirname {input.predictions})"
        " --metrics qu_dice_auc,qu_ftp_auc,qu_ftn_auc,qu_score --curves {output.curves}"
        " --output {output.cases} --summary {output.summary} --force --threads {threads} > {log} 2>&1"


rule average_seeds:
    input:
        scores=lambda wildcards: runs_of(
            [wildcards.row], wildcards.study, f"{TESTED}/{wildcards.kind}.csv"
        ),
    output:
        f"{STUDY}/{{row}}/{{kind}}-over-seeds.csv",
    log:
        f"{STUDY}/logs/average-{{row}}-{{kind}}.log",
    wildcard_constraints:
        kind="cases|uncertainty",
    localrule: True
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        mean=mean_flags,
    message:
        "averaging the {wildcards.kind} scores of {wildcards.row} over seeds (log: {log})"
    shell:
        "exec python3 workflow/scripts/average_seeds.py {input.scores} {params.mean} --output {output} > {log} 2>&1"


rule compare:
    input:
        reference=f"{STUDY}/{{reference}}/{{kind}}-over-seeds.csv",
        against=lambda wildcards: [pair.split("=")[1] for pair in compared(wildcards)],
    output:
        f"{STUDY}/comparison-{{reference}}-{{kind}}.csv",
    log:
        f"{STUDY}/logs/compare-{{reference}}-{{kind}}.log",
    wildcard_constraints:
        kind="cases|uncertainty",
        reference=ROW_NAME,
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
