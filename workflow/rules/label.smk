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


if SEVERAL:

    rule translate:
        input:
            sheet=base_sheet,
            model=f"{RUN}/checkpoint.h5",
        output:
            f"{RUN}/{{cohort}}-{{direction}}/cases.tsv",
        log:
            f"{RUN}/translate-{{cohort}}-{{direction}}.log",
        threads: MANY_THREADS
        resources:
            mem_mb=16000,
            runtime=240,
            gpu=1,
        params:
            device=config["device"],
        message:
            "translating {wildcards.cohort} of {wildcards.study}, {wildcards.direction}, with {wildcards.method}, fold {wildcards.fold}, seed {wildcards.seed} (log: {log})"
        shell:
            "exec cyclegan-align --apply {input.model} --direction {wildcards.direction} --cases {input.sheet}"
            " --where cohort={wildcards.cohort} --device {params.device} --threads {threads}"
            " --output-dir $(dirname {output}) --force > {log} 2>&1"

    rule join_translated:
        input:
            sheet=base_sheet,
            made=f"{RUN}/{{cohort}}-{{direction}}/cases.tsv",
        output:
            sheet=f"{RUN}/{{cohort}}-{{direction}}/all.tsv",
            recipe=f"{RUN}/{{cohort}}-{{direction}}/recipe.ini",
        log:
            f"{RUN}/join-{{cohort}}-{{direction}}.log",
        localrule: True
        resources:
            mem_mb=1000,
            runtime=10,
        message:
            "one sheet of all cases of {wildcards.study}, those of {wildcards.cohort} as {wildcards.method} translates them (log: {log})"
        shell:
            "exec python3 workflow/scripts/sheet.py translated {input.sheet} {input.made} --output {output.sheet}"
            " --recipe {output.recipe} > {log} 2>&1"

    # For the figures: the first cases of a cohort as a method takes them in, translated, and back again.
    rule show_input:
        input:
            sheet=base_sheet,
            recipe=lambda wildcards: recipe_file(
                papers.recipes_of(EXPERIMENT, wildcards.method)[0]
            ),
        output:
            f"{RUN}/shown-{{cohort}}/input/cases.tsv",
        log:
            f"{RUN}/show-{{cohort}}.log",
        localrule: True
        resources:
            mem_mb=4000,
            runtime=10,
        message:
            "preparing cases of {wildcards.cohort} to show (log: {log})"
        shell:
            "exec preprocess --cases {input.sheet} --where cohort={wildcards.cohort} --limit 4 --recipe {input.recipe}"
            " --output-dir $(dirname {output}) --force --threads {threads} > {log} 2>&1"

    rule show_translations:
        input:
            sheet=base_sheet,
            model=f"{RUN}/checkpoint.h5",
        output:
            f"{RUN}/shown-{{cohort}}/{{direction}}/cases.tsv",
        log:
            f"{RUN}/show-{{cohort}}-{{direction}}.log",
        threads: MANY_THREADS
        resources:
            mem_mb=16000,
            runtime=60,
            gpu=1,
        params:
            device=config["device"],
        message:
            "translating cases of {wildcards.cohort} to show, {wildcards.direction}, with {wildcards.method} (log: {log})"
        shell:
            "exec cyclegan-align --apply {input.model} --direction {wildcards.direction} --cases {input.sheet}"
            " --where cohort={wildcards.cohort} --limit 4 --device {params.device} --threads {threads}"
            " --output-dir $(dirname {output}) --force > {log} 2>&1"

    rule untranslated:
        input:
            f"{RUN}/shown-{{cohort}}/{{direction}}/cases.tsv",
        output:
            f"{RUN}/shown-{{cohort}}/{{direction}}/once.tsv",
        log:
            f"{RUN}/untranslated-{{cohort}}-{{direction}}.log",
        localrule: True
        resources:
            mem_mb=1000,
            runtime=10,
        message:
            "a sheet of translated cases that are to be translated back (log: {log})"
        shell:
            "exec python3 workflow/scripts/sheet.py again {input} --output {output} > {log} 2>&1"

    rule show_way_back:
        input:
            sheet=f"{RUN}/shown-{{cohort}}/{{direction}}/once.tsv",
            model=f"{RUN}/checkpoint.h5",
        output:
            f"{RUN}/shown-{{cohort}}/{{direction}}-{{back}}/cases.tsv",
        log:
            f"{RUN}/show-{{cohort}}-{{direction}}-{{back}}.log",
        wildcard_constraints:
            back="[a-z0-9]+-to-[a-z0-9]+",
        threads: MANY_THREADS
        resources:
            mem_mb=16000,
            runtime=60,
            gpu=1,
        params:
            device=config["device"],
        message:
            "translating cases of {wildcards.cohort} back to show, {wildcards.back}, with {wildcards.method} (log: {log})"
        shell:
            "exec cyclegan-align --apply {input.model} --direction {wildcards.back} --cases {input.sheet}"
            " --device {params.device} --threads {threads} --output-dir $(dirname {output}) --force > {log} 2>&1"


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
