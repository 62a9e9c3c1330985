# Tables as in the paper, and one page that opens without a network.
rule table:
    input:
        summaries=expand(
            f"{RUN}/summary.json", zip, **{k: [r[k] for r in RUNS] for k in RUNS[0]}
        ),
        claimed=f"{SETTINGS}/claimed.csv",
        experiment=f"{SETTINGS}/experiment.yaml",
    output:
        f"{ROOT}/table{{number}}.csv",
    log:
        f"{ROOT}/logs/table{{number}}.log",
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        root=folder_of_output,
        methods=METHODS,
    message:
        "table {wildcards.number} (log: {log})"
    shell:
        "exec python3 workflow/scripts/table.py --experiment {input.experiment} --claimed {input.claimed}"
        " --root {params.root} --methods {params.methods} --table {wildcards.number} --output {output} > {log} 2>&1"


rule report:
    input:
        tables=expand(f"{ROOT}/table{{number}}.csv", number=EXPERIMENT["tables"]),
        cases=expand(
            f"{RUN}/cases.csv", zip, **{k: [r[k] for r in RUNS] for k in RUNS[0]}
        ),
        experiment=f"{SETTINGS}/experiment.yaml",
        scale=SCALE_INI,
        cohort=f"{ROOT}/scans/cohort.json" if SYNTHETIC else [],
    output:
        f"{ROOT}/report.html",
    log:
        f"{ROOT}/logs/report.log",
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        root=folder_of_output,
        methods=METHODS,
        settings=settings_folder,
        scale=SCALE,
    message:
        "report (log: {log})"
    shell:
        "exec python3 workflow/scripts/report.py --experiment {input.experiment} --settings {params.settings}"
        " --scale {params.scale} --root {params.root} --methods {params.methods} --output {output} > {log} 2>&1"
