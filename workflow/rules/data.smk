# The cohorts: synthetic scans in the real data set's layout, or the real ones; then source volumes and their sheets.
# With one cohort its sheet is the experiment's; with several theirs are joined, and a column `cohort` tells them apart.
if SYNTHETIC:

    rule phantom:
        input:
            SCALE_INI,
        output:
            f"{STUDY}/scans/{PART}cohort.json",
        log:
            f"{STUDY}/logs/{PART}phantom.log",
        threads: MANY_THREADS
        resources:
            mem_mb=2000,
            runtime=30,
        params:
            knobs=knobs,
        message:
            "making the synthetic scans of {wildcards.study}"
            + (", {wildcards.cohort}" if SEVERAL else "")
            + " (log: {log})"
        shell:
            "exec phantom --config {input} {params.knobs} --output-dir $(dirname {output})"
            " --force --threads {threads} > {log} 2>&1"


rule preprocess:
    input:
        cohort=f"{STUDY}/scans/{PART}cohort.json" if SYNTHETIC else [],
        manifest=manifest_of,
        columns=columns_of,
    output:
        f"{STUDY}/volumes/{PART}cases.tsv",
    log:
        f"{STUDY}/logs/{PART}preprocess.log",
    threads: MANY_THREADS
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        root=scans,
        deal=deal_flags,
    message:
        "importing the scans of {wildcards.study}"
        + (", {wildcards.cohort}," if SEVERAL else "")
        + " as source volumes (log: {log})"
    shell:
        "exec preprocess --manifest {input.manifest} --root {params.root:q} {params.deal}"
        " --output-dir $(dirname {output}) --force --threads {threads} > {log} 2>&1"


if PREPARED:

    rule prepare:
        input:
            sheet=f"{STUDY}/volumes/{PART}cases.tsv",
            recipe=lambda wildcards: recipe_file(
                cohort_of(wildcards).get("recipe", EXPERIMENT["recipe"])
            ),
        output:
            f"{STUDY}/prepared/{PART}cases.tsv",
        log:
            f"{STUDY}/logs/{PART}prepare.log",
        threads: MANY_THREADS
        resources:
            mem_mb=4000,
            runtime=240,
        message:
            "preparing the volumes of {wildcards.study}"
            + (", {wildcards.cohort}" if SEVERAL else "")
            + " (log: {log})"
        shell:
            "exec preprocess --cases {input.sheet} --recipe {input.recipe} --output-dir $(dirname {output})"
            " --force --threads {threads} > {log} 2>&1"


if SEVERAL:

    rule compose:
        input:
            expand(
                f"{VOLUMES}/{PART}cases.tsv",
                cohort=EXPERIMENT["cohorts"],
                allow_missing=True,
            ),
        output:
            f"{VOLUMES}/study.tsv",
        log:
            f"{STUDY}/logs/compose.log",
        localrule: True
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            sheets=lambda wildcards, input: [
                f"{name}={sheet}" for name, sheet in zip(EXPERIMENT["cohorts"], input)
            ],
        message:
            "one sheet of all cases of {wildcards.study} (log: {log})"
        shell:
            "exec python3 workflow/scripts/sheet.py compose {params.sheets} --output {output} > {log} 2>&1"

    rule hold_out:
        input:
            f"{VOLUMES}/study.tsv",
        output:
            f"{VOLUMES}/tests-{{cohort}}.tsv",
        log:
            f"{STUDY}/logs/tests-{{cohort}}.log",
        localrule: True
        resources:
            mem_mb=1000,
            runtime=10,
        message:
            "a sheet of {wildcards.study} that holds out cases of {wildcards.cohort} alone (log: {log})"
        shell:
            "exec python3 workflow/scripts/sheet.py hold-out {input} --cohort {wildcards.cohort}"
            " --output {output} > {log} 2>&1"


if POOL_BY_SEED:

    rule pool_of_seed:
        input:
            f"{VOLUMES}/cases.tsv",
        output:
            f"{VOLUMES}/pool-seed{{seed}}.tsv",
        log:
            f"{STUDY}/logs/pool-seed{{seed}}.log",
        localrule: True
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            pool=pool_flags,
        message:
            "setting the pool of seed {wildcards.seed} apart in {wildcards.study} (log: {log})"
        shell:
            "exec preprocess --cases {input} {params.pool} --split-seed {wildcards.seed}"
            " --sheet {output} --force > {log} 2>&1"


rule open_pool:
    input:
        "{folder}/{sheet}.tsv",
    output:
        "{folder}/{sheet}.opened.tsv",
    log:
        "{folder}/{sheet}.opened.log",
    wildcard_constraints:
        sheet="[a-z0-9-]+",
    localrule: True
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "a sheet in which the pool keeps its true labels, in {wildcards.folder} (log: {log})"
    shell:
        "exec python3 workflow/scripts/sheet.py opened {input} --output {output} > {log} 2>&1"


if INNER:

    rule inner_validation:
        input:
            "{folder}/{sheet}.tsv",
        output:
            "{folder}/{sheet}.inner-fold{fold}.tsv",
        log:
            "{folder}/{sheet}.inner-fold{fold}.log",
        wildcard_constraints:
            sheet=r"[a-z0-9-]+(\.opened)?",
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
