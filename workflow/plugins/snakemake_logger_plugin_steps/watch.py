"""How far a running step is, from what its program writes: progress lines of its log, epochs of its history.csv.

A progress line (lib/base/progress.h) reads `training 30/300 steps, 4.2/s, 1 min 04 s left, epoch 5/45, loss 0.1`.
Between two lines or epochs the time that has passed is counted on at the known rate.
"""

import csv
import os
import re
from dataclasses import dataclass

LINE = re.compile(r"(?P<done>\d+)/(?P<total>\d+) (?P<unit>[a-z]+), (?P<rate>[\d.]+(?:e[+-]?\d+)?)/s, (?P<rest>.*)$")
EPOCHS = re.compile(r"epoch \d+/(\d+)")
RECENT_EPOCHS = 10  # validated ones and others take different times
TAIL_BYTES = 8192


@dataclass
class State:
    """Part done from 0 to 1, seconds left and what to say; None: not known."""

    part: float | None = None
    left_s: float | None = None
    said: str = ""


def duration(seconds):
    """As the programs write it: 12 s, 1 min 04 s, 2 h 05 min."""
    s = int(seconds + 0.5)
    if s < 60:
        return f"{s} s"
    if s < 3600:
        return f"{s // 60} min {s % 60:02} s"
    return f"{s // 3600} h {s % 3600 // 60:02} min"


def written_since(path, since):
    """Time of the last change of a file; None when there is none or it is older than the step."""
    try:
        changed = os.stat(path).st_mtime
    except OSError:
        return None
    # Files lie on disks whose clock may be a little behind.
    return changed if changed >= since - 2 else None


def tail(path):
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []


def last_progress(log):
    for line in reversed(tail(log)):
        found = LINE.search(line)
        if found:
            return found
    return None


def of_log(log, since, now):
    """State by the last progress line, and the number of epochs that it names."""
    changed = written_since(log, since)
    found = last_progress(log) if changed else None
    if not found:
        return State(), None
    total, rate = int(found["total"]), float(found["rate"])
    done = min(total, int(found["done"]) + rate * max(0, now - changed))
    epochs = EPOCHS.search(found["rest"])
    left = (total - done) / rate if rate > 0 else None
    return State(done / max(1, total), left, f"{int(done)}/{total} {found['unit']}"), int(epochs[1]) if epochs else None


def of_history(history, epochs, now):
    """State by the closed epochs of a training; None when none is closed."""
    try:
        changed = os.stat(history).st_mtime
        with open(history, newline="") as file:
            rows = list(csv.DictReader(file))
        seconds = [sum(float(v or 0) for k, v in row.items() if k.startswith("seconds-")) for row in rows[-RECENT_EPOCHS:]]
        closed = int(rows[-1]["epoch"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None  # not there, or caught while it was written
    each = sum(seconds) / len(seconds)
    if each <= 0 or closed > epochs:
        return None
    running = min(each, max(0, now - changed))
    part = (closed + running / each) / epochs
    return State(min(1, part), max(0, (epochs - closed) * each - running), f"epoch {min(closed + 1, epochs)}/{epochs}")


def state(log, history, since, now):
    """How far a step is that began at `since`; its history, where it writes one, is finer than its log."""
    by_log, epochs = of_log(log, since, now) if log else (State(), None)
    if history and epochs:
        by_history = of_history(history, epochs, now)
        if by_history:
            return by_history
        by_log.said = f"epoch 1/{epochs}"
    return by_log
