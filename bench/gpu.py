#!/usr/bin/env python3
"""Times one training step on a GPU against PyTorch's Python, with and without torch.compile, fp32 and bf16.

    gpu.py --steps-program bench_steps [--side 96] [--width 32] [--rounds 3] --output gpu.csv

The contenders take turns in one run on random data; the Python that runs this script is the reference's.
Prints medians in milliseconds and ratios (over 1: kdseg is faster).
"""

import argparse
import csv
import statistics
import subprocess
import sys
from pathlib import Path

import torch

REFERENCE = [sys.executable, str(Path(__file__).with_name("pytorch_reference.py"))]


def milliseconds(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"gpu.py: error: {' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return [float(line) for line in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps-program", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--device", default="cuda")
    for name, value in (("side", 96), ("width", 32), ("rounds", 3), ("steps", 20), ("warmup", 5)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    device = torch.cuda.get_device_name(0) if args.device == "cuda" else args.device
    print(f"device {device}; PyTorch {torch.__version__}; {args.side} cubed, width {args.width}, batch 1, ms (median)")
    rows = []
    for what in ("supervised", "had-net"):
        for precision in ("fp32", "bf16"):
            flags = [what, "--device", args.device, "--precision", precision]
            for name in ("side", "width", "steps", "warmup"):
                flags += [f"--{name}", str(getattr(args, name))]
            contenders = {
                "kdseg": [args.steps_program, *flags],
                "plain": [*REFERENCE, *flags],
                "compiled": [*REFERENCE, *flags, "--compile"],
            }
            taken = {name: [] for name in contenders}
            for _ in range(args.rounds):
                for name, command in contenders.items():
                    taken[name] += milliseconds(command)
            ours, plain, compiled = (statistics.median(taken[name]) for name in contenders)
            print(
                f"  {what:12}{precision:6} kdseg {ours:9.2f}  PyTorch {plain:9.2f} (ratio {plain / ours:.2f})"
                f"  compiled {compiled:9.2f} (ratio {compiled / ours:.2f})"
            )
            rows.append([device, torch.__version__, what, precision, f"{ours:.3f}", f"{plain:.3f}", f"{compiled:.3f}"])
    with open(args.output, "w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["device", "pytorch", "what", "precision", "kdseg_ms", "plain_ms", "compiled_ms"])
        writer.writerows(rows)
    print(f"written to {args.output}")


if __name__ == "__main__":
    main()
