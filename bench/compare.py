#!/usr/bin/env python3
"""Runs the contenders in turn and prints medians and ratios; used by run.sh."""

import argparse
import csv
import os
import statistics
import subprocess
import time


def startup(program, rounds):
    """Milliseconds of `program --help`, minimum of several starts after a first one."""
    times = []
    for _ in range(rounds * 4 + 1):
        start = time.perf_counter()
        subprocess.run([program, "--help"], stdout=subprocess.DEVNULL, check=True)
        times.append(1000 * (time.perf_counter() - start))
    return min(times[1:])


def step_times(command, args, what, threads):
    flags = ["--side", args.side, "--width", args.width, "--threads", threads, "--steps", args.steps]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    printed = subprocess.run(
        [*command, what, *map(str, flags)], capture_output=True, text=True, check=True, env=environment
    ).stdout
    return [float(line) for line in printed.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bin", "steps-program", "reference", "output"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("rounds", "side", "width", "steps"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    rows = []
    print("start-up, `--help` (ms, minimum)")
    for program, limit in (
        ("evaluate", 50),
        ("preprocess", 50),
        ("phantom", 50),
        ("pretrain", 600),
        ("distill", 600),
        ("ensemble-label", 600),
    ):
        took = startup(f"{args.bin}/{program}", args.rounds)
        print(f"  {program:16}{took:8.1f}   (at most {limit})")
        rows.append(["startup-ms", program, 1, f"{took:.2f}", limit, ""])
    print(f"one training step, {args.side} cubed, width {args.width}, fp32, ms (median), against PyTorch's Python")
    for what in ("supervised", "had-net"):
        for threads in (1, 2):
            ours, theirs = [], []
            for _ in range(args.rounds):  # in turns, so that both meet the same machine
                ours += step_times([args.steps_program], args, what, threads)
                theirs += step_times([args.reference, "bench/pytorch_reference.py"], args, what, threads)
            a, b = statistics.median(ours), statistics.median(theirs)
            print(f"  {what:12}{threads} thread{'s' if threads > 1 else ' '}{a:9.1f}{b:9.1f}   ratio {b / a:.2f}")
            rows.append(["step-ms", what, threads, f"{a:.2f}", f"{b:.2f}", f"{b / a:.3f}"])
    with open(args.output, "w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["measure", "what", "threads", "kdseg", "reference_or_limit", "ratio"])
        writer.writerows(rows)
    print(f"written to {args.output}")


if __name__ == "__main__":
    main()
