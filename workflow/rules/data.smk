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
        SOURCES,
    log:
        f"{ANY}/logs/preprocess.log",
    threads: MANY_THREADS
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        root=scans,
        deal=deal_flags,
    message:
        "importing the scans of {wildcards.cohort} as source volumes (log: {log})"
    shell:
        "exec preprocess --manifest {input.manifest} --root {params.root:q} {params.deal}"
        " --output-dir $(dirname {output}) --force --threads {threads} > {log} 2>&1"


if PREPARED:

    rule prepare:
        input:
            sheet=SOURCES,
            recipe=recipe_file(EXPERIMENT["recipe"]),
        output:
            SHEET,
        log:
            f"{ANY}/logs/prepare.log",
        threads: MANY_THREADS
        resources:
            mem_mb=4000,
            runtime=240,
        message:
            "preparing the volumes of {wildcards.cohort} (log: {log})"
        shell:
            "exec preprocess --cases {input.sheet} --recipe {input.recipe} --output-dir $(dirname {output})"
            " --force --threads {threads} > {log} 2>&1"


if INNER:

    rule inner_validation:
        input:
            "{folder}/cases.tsv",
        output:
            "{folder}/inner-fold{fold}.tsv",
        log:
            "{folder}/inner-fold{fold}.log",
        localrule: True
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            split=",".join(map(str, [*EXPERIMENT["inner"], 0])),
        message:
            "setting validation cases apart for fold {wildcards.fold} in {wildcards.folder} (log: {log})"
        shell:
            "exec preprocess --cases {input} --where fold!={wildcards.fold} --split {params.split}"
            " --sheet {output} --force > {log} 2>&1"
