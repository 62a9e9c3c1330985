# The cohort: synthetic scans in the real data set's layout, or the real ones; then source volumes.
if SYNTHETIC:

    rule phantom:
        input:
            SCALE_INI,
        output:
            f"{ANY}/scans/cohort.json",
        log:
            f"{ANY}/logs/phantom.log",
        threads: MANY_THREADS
        resources:
            mem_mb=2000,
            runtime=30,
        params:
            knobs=control_flags,
        message:
            "making the synthetic cohort {wildcards.cohort} (log: {log})"
        shell:
            "exec phantom --config {input} {params.knobs} --output-dir $(dirname {output})"
            " --force --threads {threads} > {log} 2>&1"


rule preprocess:
    input:
        cohort=f"{ANY}/scans/cohort.json" if SYNTHETIC else [],
        manifest=f"data-manifest/{'brats-2018' if SYNTHETIC else EXPERIMENT['manifest']}.yaml",
    output:
        SHEET,
    log:
        f"{ANY}/logs/preprocess.log",
    threads: MANY_THREADS
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        root=scans,
        split=SPLIT,
    message:
        "importing the scans of {wildcards.cohort} as source volumes (log: {log})"
    shell:
        "exec preprocess --manifest {input.manifest} --root {params.root:q} --split {params.split}"
        " --output-dir $(dirname {output}) --force --threads {threads} > {log} 2>&1"
