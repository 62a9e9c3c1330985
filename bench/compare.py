#!/usr/bin/env python3
"""Runs the contenders in turn and prints medians and ratios; used by run.sh."""

import argparse
import contextlib
import csv
import os
import statistics
import subprocess
import sys
import time

WAITING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def startup(program, rounds):
    """Milliseconds of `program --help`, minimum of several starts after a first one."""
    times = []
    for _ in range(rounds * 4 + 1):
        start = time.perf_counter()
        subprocess.run([program, "--help"], stdout=subprocess.DEVNULL, check=True)
        times.append(1000 * (time.perf_counter() - start))
    return min(times[1:])


def step_times(command, args, what, threads):
    return times(command, what, threads, ["--side", args.side, "--width", args.width, "--steps", args.steps])


def times(command, what, threads, flags, waiting=None):
    """Milliseconds that the command prints, one per repetition. `waiting`: variables that say how threads wait."""
    flags = [*flags, "--threads", threads]
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    environment |= {"OMP_NUM_THREADS": str(threads), **(waiting or {})}
    printed = subprocess.run(
        [*command, what, *map(str, flags)], capture_output=True, text=True, check=True, env=environment
    ).stdout
    return [float(line) for line in printed.split()]


def compare(title, ours, theirs, rounds):
    """Calls both in turns, so that both meet the same machine; prints and returns medians and ratio."""
    a, b = [], []
    for _ in range(rounds):
        a += ours()
        b += theirs()
    a, b = statistics.median(a), statistics.median(b)
    print(f"  {title:34}{a:9.1f}{b:9.1f}   ratio {b / a:.2f}")
    return [f"{a:.2f}", f"{b:.2f}", f"{b / a:.3f}"]


def sampling(args, reference):
    """Monte Carlo dropout of one case of 64 cubed: against PyTorch's loop, and against our own without sharing."""
    rows = []
    print("Monte Carlo dropout, one case, 64 cubed, width 8, fp32, ms (median), against PyTorch's loop of passes")
    for samples in (20, 100):
        flags = ["--side", 64, "--width", 8, "--steps", 1, "--warmup", 0, "--samples", samples]
        for threads in (1, 2):
            title = f"{samples} samples, {threads} thread{'s' if threads > 1 else ''}"
            found = compare(
                title,
                lambda: times([args.steps_program], "mc-dropout", threads, flags),
                lambda: times(reference, "mc-dropout", threads, flags),
                args.rounds if samples == 20 else 1,
            )
            rows.append(["sampling-ms", f"mc-dropout-{samples}", threads, *found])
    print("the same with dropout in the last block alone, against our own passes without sharing")
    for samples in (20, 100):
        flags = ["--side", 64, "--width", 8, "--steps", 3, "--samples", samples, "--dropout-blocks", "u1"]
        found = compare(
            f"{samples} samples, 1 thread",
            lambda: times([args.steps_program], "mc-dropout", 1, flags),
            lambda: times([args.steps_program], "mc-dropout-naive", 1, flags),
            args.rounds,
        )
        rows.append(["sharing-ms", f"mc-dropout-{samples}-u1", 1, *found])
    return rows


@contextlib.contextmanager
def busy(processes):
    """That many processes that compute without end beside what is measured."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def waiting(args):
    """Small steps by two threads, which wait for each other often, against the other ways of waiting."""
    rows = []
    print("two threads, 32 cubed, width 4, ms per step (mean), against threads that always or never spin")
    flags = ["--side", 32, "--width", 4, "--steps", 100]
    for beside in (0, 3):
        with busy(beside):
            for other, variables in (
                ("spinning", {"GOMP_SPINCOUNT": "300000"}),
                ("passive", {"OMP_WAIT_POLICY": "passive"}),
            ):
                found = compare(
                    f"{other}, beside {beside} busy processes" if beside else f"{other}, alone",
                    lambda: [statistics.mean(times([args.steps_program], "supervised", 2, flags))],
                    lambda: [statistics.mean(times([args.steps_program], "supervised", 2, flags, variables))],
                    args.rounds,
                )
                rows.append(["waiting-ms", f"{other}-beside-{beside}", 2, *found])
    return rows


def unpaired(args):
    """Iterations of six networks on unpaired slices, against the literal order of their algorithm."""
    rows = []
    print("one iteration of six networks on unpaired slices (MKD), fp32, ms (median), against PyTorch's Python")
    reference = [args.reference, "bench/pytorch_unpaired.py"]
    for what, flags in (("64 squared, width 4, batch 4", ["--side", 64, "--width", 4, "--batch", 4, "--steps", 5]),
                        ("256 squared, width 16, batch 1",
                         ["--side", 256, "--width", 16, "--batch", 1, "--steps", 1, "--warmup", 1])):
        for threads in (1, 2):
            found = compare(
                f"{what}, {threads} thread{'s' if threads > 1 else ''}",
                lambda: times([args.steps_program], "unpaired", threads, flags),
                lambda: times(reference, "unpaired", threads, flags),
                args.rounds,
            )
            rows.append(["step-ms", f"unpaired, {what}", threads, *found])
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bin", "steps-program", "reference", "output"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("rounds", "side", "width", "steps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    reference = [args.reference, "bench/pytorch_reference.py"]
    rows = []
    print("start-up, `--help` (ms, minimum)")
    for program, limit in (
        ("evaluate", 50),
        ("preprocess", 50),
        ("phantom", 50),
        ("pretrain", 600),
        ("distill", 600),
        ("ensemble-label", 600),
        ("mcdropout", 600),
        ("cyclegan-align", 600),
    ):
        took = startup(f"{args.bin}/{program}", args.rounds)
        print(f"  {program:16}{took:8.1f}   (at most {limit})")
        rows.append(["startup-ms", program, 1, f"{took:.2f}", limit, ""])
    print(f"one training step, {args.side} cubed, width {args.width}, fp32, ms (median), against PyTorch's Python")
    for what in ("supervised", "had-net"):
        for threads in (1, 2):
            found = compare(
                f"{what}, {threads} thread{'s' if threads > 1 else ''}",
                lambda: step_times([args.steps_program], args, what, threads),
                lambda: step_times(reference, args, what, threads),
                args.rounds,
            )
            rows.append(["step-ms", what, threads, *found])
    rows += unpaired(args)
    rows += waiting(args)
    rows += sampling(args, reference)
    with open(args.output, "w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["measure", "what", "threads", "kdseg", "reference_or_limit", "ratio"])
        writer.writerows(rows)
    print(f"written to {args.output}")


if __name__ == "__main__":
    main()
