# A training that stopped with its state saved is queued again; one that cannot succeed is not.
from snakemake.jobs import Job


def slot_retries(n):
    """Only the main process retries; Snakemake inside a cluster job must not."""
    return n if workflow.is_main_process else 0


def failed_for_good(job):
    """Whether a training ended with an error that another call cannot mend.

    A stop with saved state and a killed process leave no error in the log; another training in the run folder
    and a GPU out of order pass.
    """
    if job.rule.name != "train" or not os.path.exists(job.log[0]):
        return False
    with open(job.log[0], errors="replace") as log:
        errors = [line for line in log if ": error: " in line]
    return any("in use by" not in line and "CUDA" not in line for line in errors)


# To Snakemake a stop with saved state and a failure for good are the same; it would queue both again. No setting of
# Snakemake's tells them apart (docs/decisions/0020-retries-by-the-log.md).
if not isinstance(getattr(Job, "restart_times", None), property):
    fail(
        "this Snakemake counts retries in another way; expected the one of requirements.txt"
    )
Job.restart_times = property(
    lambda job: 0 if failed_for_good(job) else job.rule.restart_times
)
