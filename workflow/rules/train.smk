rule choose:
    input:
        checkpoints=lambda wildcards: [
            f"{RUN}/checkpoint.h5".format(**{**wildcards, "method": name})
            for name in method_of(wildcards)["best_of"]
        ],
    output:
        f"{RUN}/chosen.txt",
    log:
        f"{RUN}/choose.log",
    localrule: True
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        candidates=lambda wildcards, input: " ".join(
            f"{checkpoint}={','.join(settings_files(name))}"
            for name, checkpoint in zip(
                method_of(wildcards)["best_of"], input.checkpoints
            )
        ),
    message:
        "choosing the settings of {wildcards.method}, fold {wildcards.fold}, seed {wildcards.seed}, by validation (log: {log})"
    shell:
        "exec python3 workflow/scripts/best_of.py {params.candidates} --output {output} > {log} 2>&1"


# One rule trains every method of every paper: its program, settings, teacher and start come from the experiment.
# In a Slurm job a training saves its state and stops ten minutes before the job's time is up (after a sixth of a
# short one); the profile's --signal is the second line. On one machine it has all the time it needs.
rule train:
    input:
        sheet=training_sheet,
        settings=lambda wildcards: settings_files(wildcards.method),
        recipe=lambda wildcards: [
            recipe_file(name)
            for name in papers.recipes_of(EXPERIMENT, wildcards.method)
        ],
        teacher=other_checkpoint("teacher"),
        init=other_checkpoint("init"),
        chosen=lambda wildcards: (
            f"{RUN}/chosen.txt" if "best_of" in method_of(wildcards) else []
        ),
    output:
        ensure(f"{RUN}/checkpoint.h5", non_empty=True),
    log:
        f"{RUN}/train.log",
    retries: slot_retries(config["slots"])
    threads: lambda wildcards: SCALING["threads"][method_of(wildcards)["program"]]
    resources:
        mem_mb=16000,
        runtime=1440,
        gpu=1,
    params:
        program=lambda wildcards: method_of(wildcards)["program"],
        settings=settings_flags,
        cases=training_cases,
        roles=role_flags,
        recipe=recipe_flag,
        seed=lambda wildcards: int(wildcards.seed)
        + method_of(wildcards).get("seed_shift", 0),
        run_dir=f"{RUN}/run",
        history=f"{RUN}/history.csv",
        device=config["device"],
        stage="--stage" if config["stage"] else "",
    message:
        "training {wildcards.method} on {wildcards.study}, fold {wildcards.fold}, seed {wildcards.seed} (log: {log})"
    shell:
        "exec {params.program} {params.settings} --cases {input.sheet}"
        " {params.cases} {params.roles} {params.recipe} --seed {params.seed}"
        " --device {params.device} --threads {threads} --run-dir {params.run_dir} {params.stage}"
        " ${{SLURM_JOB_ID:+--deadline $(({resources.runtime} > 12"
        " ? {resources.runtime} * 60 - 600 : {resources.runtime} * 10))}}"
        " --history {params.history} --output {output} > {log} 2>&1"
