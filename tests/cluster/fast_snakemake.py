"""Snakemake that asks Slurm every two seconds; the plugin's own pauses grow to minutes and cannot be capped."""

import snakemake_executor_plugin_slurm as slurm
from snakemake.cli import main

slurm.Executor.next_seconds_between_status_checks = property(
    lambda self: 2, lambda self, value: None
)
main()
