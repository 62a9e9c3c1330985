"""What a person sees of the workflow: one line per step, with what was done and how long it took.

In a terminal, running steps stand below with the time they still need; in a file every line stays, and long steps
tell how far they are. `snakemake --logger steps` takes it, with the folder above this one on PYTHONPATH.
"""

import os
import re
import sys
import threading
import time
from logging import WARNING

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from .watch import State, duration, state, tail, written_since

# Said by the lines of this handler, or of interest to nobody who waits.
DROPPED_EVENTS = {
    LogEvent.SHELLCMD,
    LogEvent.JOB_STARTED,
    LogEvent.PROGRESS,
    LogEvent.RESOURCES_INFO,
    LogEvent.WORKFLOW_STARTED,
    LogEvent.RULEGRAPH,
    LogEvent.DEBUG_DAG,
    LogEvent.GROUP_INFO,
}
DROPPED_TEXTS = re.compile(
    r"Using profile|Config file |Singularity containers|Building DAG|Using shell|Provided |Rules claiming|Job stats"
    r"|Select jobs|Execute \d+ jobs|host: |Assuming unrestricted|Removing output|Shutting down, this|Reasons:"
    r"|This was a dry-run|Elapsed time|SLURM run ID|MinJobAge|Job \d+ has been submitted|No wall time"
)
# Guesses of the Slurm plugin about a cluster without accounting.
DROPPED_WARNINGS = re.compile(r"^(No SLURM account given|No account was given|Unable to guess SLURM account)")
# Each failed step is told of by a line of its own, and all of them together at the end.
TOLD_ERRORS = re.compile(r"^(RuleException|CalledProcessError)|^Exiting because a job execution failed")
FAILED_AT_THE_END = "At least one job did not complete successfully"
LOG_OF_MESSAGE = re.compile(r" \(log: [^)]*\)$")
RESTART = re.compile(r"Trying to restart job (\d+)")
RED, YELLOW = 31, 33
SAYS_AGAIN_S = {True: 1, False: 5}  # how often running steps are looked at, on a terminal or not
STARTS_WITHIN_S = 5  # a step without a log after this time waits in a queue
LONG_S, SILENT_S = 60, 600  # in a file: a step is told of when it lasts this long, and at least this often
ERROR_LINES = 10


class Step:
    """A job that runs or waits in a queue."""

    def __init__(self, record):
        self.text = LOG_OF_MESSAGE.sub("", record.rule_msg or record.rule_name)
        self.silent = record.rule_msg is None  # the rule that only collects the others
        self.log = next(iter(record.log), None)
        history = re.search(r"--history (\S+)", record.shellcmd or "")
        self.history = history[1] if history else None
        self.submitted = self.told = time.time()
        self.began = None
        self.tenth = 0

    def look(self, now):
        """How far it is; None while it waits in a queue."""
        waited = now - self.submitted
        if self.began is None and (self.log is None or written_since(self.log, self.submitted)):
            self.began = now if waited > STARTS_WITHIN_S else self.submitted
        if self.began is None:
            return State(said="starting") if waited < STARTS_WITHIN_S else None
        return state(self.log, self.history, self.began, now)

    def took(self):
        return duration(time.time() - (self.began or self.submitted))

    def line(self, found, now):
        """The step as it runs."""
        parts = [part for part in (found.said, f"{duration(found.left_s)} left" if found.left_s is not None else "") if part]
        return f"{self.text}: {', '.join(parts) or f'for {duration(now - (self.began or self.submitted))}'}"

    def errors(self):
        """What its log says went wrong: the errors, or else its end."""
        lines = tail(self.log) if self.log else []
        return [line for line in lines if ": error: " in line][-ERROR_LINES:] or lines[-ERROR_LINES:]

    def stopped(self):
        """Whether it ended with its state saved: a time limit, a signal."""
        return bool(self.log) and any("the same command continues" in line for line in tail(self.log)[-ERROR_LINES:])


class LogHandler(LogHandlerBase):
    def __post_init__(self):
        self.stream = sys.stdout if self.common_settings.stdout else sys.stderr
        self.terminal = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.color = self.terminal and not self.common_settings.nocolor and "NO_COLOR" not in os.environ
        self.steps, self.known = {}, {}
        self.failed = set()
        self.done = self.total = self.drawn = 0
        self.ended = threading.Event()
        self.watcher = None

    writes_to_stream = property(lambda self: True)
    writes_to_file = property(lambda self: False)
    has_filter = property(lambda self: True)
    has_formatter = property(lambda self: True)
    needs_rulegraph = property(lambda self: False)

    def emit(self, record):
        """One record, under the handler's lock."""
        try:
            event = getattr(record, "event", None)
            if event == LogEvent.JOB_INFO:
                self.start(record)
            elif event == LogEvent.JOB_FINISHED:
                self.finish(record)
            elif event == LogEvent.JOB_ERROR:
                self.fail(record)
            elif event == LogEvent.RUN_INFO:
                self.count(record)
            elif event not in DROPPED_EVENTS:
                self.other(record)
        except BrokenPipeError:
            raise
        except Exception:
            self.handleError(record)

    def count(self, record):
        """How many steps there are; a plan shows them once, rule by rule."""
        known, self.total = self.total, getattr(record, "stats", {}).get("total", self.total)
        if self.common_settings.dryrun and not known:
            self.write(str(record.msg).strip())

    def start(self, record):
        step = Step(record)
        if self.common_settings.dryrun:
            if not step.silent:
                self.write(f"  {step.text}")
            return
        self.steps[record.jobid] = self.known[record.jobid] = step
        if self.watcher is None:
            self.watcher = threading.Thread(target=self.watch, daemon=True)
            self.watcher.start()
        self.draw()

    def finish(self, record):
        step = self.steps.pop(record.job_id, None)
        self.done += 1
        self.failed.discard(record.job_id)
        if step and not step.silent:
            self.write(f"{self.counter()} {step.took():>12}  {step.text}")

    def counter(self):
        width = len(str(self.total))
        return f"[{self.done:>{width}}/{self.total}]"

    def fail(self, record):
        step = self.steps.pop(record.jobid, None) or self.known.get(record.jobid)
        self.failed.add(record.jobid)
        if step is None:
            self.write(f"FAILED: rule {record.rule_name}", RED)
            return
        word, color = ("stopped", YELLOW) if step.stopped() else ("FAILED", RED)
        self.write(f"{word:<{len(self.counter())}} {step.took():>12}  {step.text}", color)
        said = [record.rule_msg] if record.rule_msg else []
        for line in [*said, *step.errors(), *(f"log: {file}" for file in record.log)]:
            self.write(f"    {line}")

    def other(self, record):
        """Messages of Snakemake's own: warnings, errors and what this handler does not know."""
        text = str(record.getMessage() if record.args else record.msg or "").strip()
        restart = RESTART.search(text)
        if restart:
            step = self.known.get(int(restart[1]))
            text = f"starting again: {step.text}" if step else text
        elif TOLD_ERRORS.search(text) or DROPPED_WARNINGS.search(text):
            return
        elif FAILED_AT_THE_END in text:
            text = f"{len(self.failed)} step{'s' if len(self.failed) != 1 else ''} failed; the same command goes on from here"
        elif record.levelno < WARNING and (not text or hasattr(record, "quietness") or DROPPED_TEXTS.search(text)):
            return
        if text and text != "None":
            self.write(text, RED if record.levelno > WARNING else None)

    def write(self, text, color=None):
        """Lines that stay, above those of running steps."""
        self.erase()
        if color and self.color:
            text = f"\x1b[{color}m{text}\x1b[0m"
        self.stream.write(text + "\n")
        self.draw()
        self.stream.flush()

    def size(self):
        """Columns and lines of the terminal; some tell 0."""
        try:
            size = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError):
            return 80, 24
        return size.columns or 80, size.lines or 24

    def erase(self):
        if self.drawn:
            self.stream.write(f"\x1b[{self.drawn}A\x1b[J")
            self.drawn = 0

    def draw(self):
        """On a terminal: the running steps, as far as they fit, and how many wait."""
        if not self.terminal or self.ended.is_set():
            return
        now = time.time()
        looked = [(step, step.look(now)) for step in self.steps.values() if not step.silent]
        lines = [step.line(found, now) for step, found in looked if found]
        waiting = len(looked) - len(lines)
        columns, height = self.size()
        room = max(1, height - 3)
        if len(lines) > room:
            lines = lines[: room - 1] + [f"and {len(lines) - room + 1} more"]
        if waiting:
            lines.append(f"{waiting} waiting in the queue")
        self.erase()
        for line in lines:
            shown = f"  ... {line}"
            self.stream.write(shown[: columns - 1] + "\n")
        self.drawn = len(lines)
        self.stream.flush()

    def tell(self):
        """In a file: how far long steps are, whenever another tenth is done."""
        now = time.time()
        for step in self.steps.values():
            found = None if step.silent else step.look(now)
            if not found or now - max(step.began or now, step.told) < LONG_S:
                continue
            tenth = int(10 * (found.part or 0))
            if tenth > step.tenth or now - step.told > SILENT_S:
                step.tenth, step.told = tenth, now
                self.write(f"{'...':<{len(self.counter())}} {'':>12}  {step.line(found, now)}")

    def watch(self):
        while not self.ended.wait(SAYS_AGAIN_S[self.terminal]):
            self.acquire()
            try:
                self.draw() if self.terminal else self.tell()
            except (OSError, ValueError):
                return  # the stream is gone
            finally:
                self.release()

    def close(self):
        self.acquire()
        try:
            self.ended.set()
            self.erase()
            self.stream.flush()
        except (OSError, ValueError):
            pass
        finally:
            self.release()
        super().close()
