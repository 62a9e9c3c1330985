# Predictions of the test cases: probabilities, and maps of how sure the network is.
rule label:
    input:
        sheet=sheet_of,
        models=models_of,
    output:
        f"{TESTED}/predictions/predictions.csv",
    log:
        f"{TESTED}/label.log",
    threads: MANY_THREADS
    resources:
        mem_mb=16000,
        runtime=240,
        gpu=1,
    params:
        cases=test_cases,
        device=config["device"],
        models=model_flags,
        network=network_flag,
        available=available_flag,
    message:
        "predicting the test cases of {wildcards.study} with {wildcards.row}, fold {wildcards.fold}, seed {wildcards.seed} (log: {log})"
    shell:
        "exec ensemble-label {params.models} {params.network} --cases {input.sheet} --where {params.cases} --probability"
        " {params.available} --device {params.device} --threads {threads}"
        " --output-dir $(dirname {output}) --force > {log} 2>&1"


rule mcdropout:
    input:
        sheet=sheet_of,
        model=models_of,
    output:
        f"{TESTED}/uncertainty/predictions.csv",
    log:
        f"{TESTED}/mcdropout.log",
    threads: MANY_THREADS
    resources:
        mem_mb=16000,
        runtime=480,
        gpu=1,
    params:
        cases=test_cases,
        device=config["device"],
        network=network_flag,
        samples=SCALING.get("samples", 100),
    message:
        "sampling {wildcards.row}, fold {wildcards.fold}, seed {wildcards.seed}, with dropout, {params.samples} times (log: {log})"
    shell:
        "exec mcdropout --model {input.model} {params.network} --cases {input.sheet} --where {params.cases}"
        " --samples {params.samples} --seed {wildcards.seed} --device {params.device} --threads {threads}"
        " --output-dir $(dirname {output}) --force > {log} 2>&1"


rule synthesize:
    input:
        sheet=sheet_of,
        model=f"{RUN}/checkpoint.h5",
    output:
        f"{RUN}/volumes/cases.tsv",
    log:
        f"{RUN}/synthesize.log",
    threads: MANY_THREADS
    resources:
        mem_mb=16000,
        runtime=240,
        gpu=1,
    params:
        device=config["device"],
    message:
        "adding what {wildcards.method}, fold {wildcards.fold}, seed {wildcards.seed}, makes to the volumes of {wildcards.study} (log: {log})"
    shell:
        "exec ensemble-label --model {input.model} --cases {input.sheet} --device {params.device}"
        " --threads {threads} --output-dir $(dirname {output}) --force > {log} 2>&1"


if papers.has_pool(EXPERIMENT):

    rule annotate:
        input:
            sheet=base_sheet,
            models=models_of,
        output:
            f"{TESTED}/annotated-{{labels}}/cases.tsv",
        log:
            f"{TESTED}/annotate-{{labels}}.log",
        wildcard_constraints:
            labels="hard|soft",
        threads: MANY_THREADS
        resources:
            mem_mb=16000,
            runtime=240,
            gpu=1,
        params:
            models=model_flags,
            network=network_flag,
            available=available_flag,
            device=config["device"],
        message:
            "annotating the pool of {wildcards.study} with {wildcards.row}, fold {wildcards.fold}, seed {wildcards.seed} (log: {log})"
        shell:
            "exec ensemble-label {params.models} {params.network} --cases {input.sheet} --where pool=yes"
            " --annotate {wildcards.labels} {params.available} --device {params.device} --threads {threads}"
            " --output-dir $(dirname {output}) --force > {log} 2>&1"

    rule join_annotated:
        input:
            sheet=base_sheet,
            made=f"{TESTED}/annotated-{{labels}}/cases.tsv",
        output:
            f"{TESTED}/annotated-{{labels}}/all.tsv",
        log:
            f"{TESTED}/join-annotated-{{labels}}.log",
        wildcard_constraints:
            labels="hard|soft",
        localrule: True
        resources:
            mem_mb=1000,
            runtime=10,
        message:
            "one sheet of all cases of {wildcards.study} and those that {wildcards.row} annotated (log: {log})"
        shell:
            "exec python3 workflow/scripts/sheet.py annotated {input.sheet} {input.made} --output {output} > {log} 2>&1"
