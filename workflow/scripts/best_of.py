#!/usr/bin/env python3
"""The settings of the network with the best validation score: its settings files, one a line.

best_of.py CHECKPOINT=INI,INI... ... --output FILE: of equal scores the first named wins.
"""

import argparse
import os
import sys

import h5py


def score_of(checkpoint):
    with h5py.File(checkpoint, "r", locking=False) as file:
        if "metrics" not in file or "score" not in file["metrics"].attrs:
            sys.exit(f"best_of: error: {checkpoint}: no validation score; it was trained without validation cases")
        return float(file["metrics"].attrs["score"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("candidates", nargs="+", metavar="CHECKPOINT=INI,INI")
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    files = dict(candidate.rsplit("=", 1) for candidate in args.candidates)
    scores = {checkpoint: score_of(checkpoint) for checkpoint in files}
    for checkpoint, score in scores.items():
        print(f"{score:.6f} {checkpoint}")
    best = max(scores, key=scores.get)
    with open(f"{args.output}.part", "w") as stream:
        stream.writelines(f"{file}\n" for file in files[best].split(","))
    os.replace(f"{args.output}.part", args.output)


if __name__ == "__main__":
    main()
