# Scores of the test cases.
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
    message:
        "scoring {wildcards.method} (log: {log})"
    shell:
        "exec evaluate --cases {input.sheet} --where split=test --prediction $(dirname {input.predictions})"
        " --output {output.cases} --summary {output.summary} --force --threads {threads} > {log} 2>&1"
