# Predictions of the test cases, with probabilities.
rule label:
    input:
        sheet=SHEET,
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
        device=config["device"],
    message:
        "predicting the test cases with {wildcards.method} (log: {log})"
    shell:
        "exec ensemble-label --model {input.model} --cases {input.sheet} --where split=test --probability"
        " --device {params.device} --threads {threads} --output-dir $(dirname {output}) --force > {log} 2>&1"
