# Predictions of the test cases: probabilities, and maps of how sure the network is.
rule label:
    input:
        sheet=sheet_of,
        model=f"{RUN}/checkpoint.h5",
    output:
        f"{RUN}/predictions/predictions.csv",
    log:
        f"{RUN}/label.log",
    threads: MANY_THREADS
    resources:
        mem_mb=16000,
        runtime=240,
        gpu=1,
    params:
        cases=test_cases,
        device=config["device"],
        available=available_flag,
    message:
        "predicting the test cases of {wildcards.cohort} with {wildcards.method}, fold {wildcards.fold}, seed {wildcards.seed} (log: {log})"
    shell:
        "exec ensemble-label --model {input.model} --cases {input.sheet} --where {params.cases} --probability"
        " {params.available} --device {params.device} --threads {threads}"
        " --output-dir $(dirname {output}) --force > {log} 2>&1"


rule mcdropout:
    input:
        sheet=sheet_of,
        model=f"{RUN}/checkpoint.h5",
    output:
        f"{RUN}/uncertainty/predictions.csv",
    log:
        f"{RUN}/mcdropout.log",
    threads: MANY_THREADS
    resources:
        mem_mb=16000,
        runtime=480,
        gpu=1,
    params:
        cases=test_cases,
        device=config["device"],
        samples=SCALING.get("samples", 100),
    message:
        "sampling {wildcards.method}, fold {wildcards.fold}, seed {wildcards.seed}, with dropout, {params.samples} times (log: {log})"
    shell:
        "exec mcdropout --model {input.model} --cases {input.sheet} --where {params.cases} --samples {params.samples}"
        " --seed {wildcards.seed} --device {params.device} --threads {threads}"
        " --output-dir $(dirname {output}) --force > {log} 2>&1"


rule synthesize:
    input:
        sheet=SHEET,
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
        "adding what {wildcards.method}, fold {wildcards.fold}, seed {wildcards.seed}, makes to the volumes of {wildcards.cohort} (log: {log})"
    shell:
        "exec ensemble-label --model {input.model} --cases {input.sheet} --device {params.device}"
        " --threads {threads} --output-dir $(dirname {output}) --force > {log} 2>&1"
