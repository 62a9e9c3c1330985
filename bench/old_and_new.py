#!/usr/bin/env python3
"""old_and_new.py OLD NEW [ROUNDS]: whether a build is slower than a former one (folders of builds, with bench_steps).

Both take turns. Prints medians of processor time, which other work on the machine disturbs less than the time on the
clock, and the ratio old to new: over 1 the new one is faster. Exit code 1 where a ratio is under 0.97.
tests/equal/compare_commits.sh leaves such builds in build/equal/COMMIT/source/build/release.
"""

import pathlib
import resource
import statistics
import subprocess
import sys

LEAST = 0.97
STEPS = ["--side", "48", "--width", "8", "--threads", "1"]


def processor_ms(call):
    """User and system time of one call."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(call, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def steps_ms(build, what, flags, count):
    """Processor time of one repetition: what `count` repetitions more take, so that loading does not count."""
    program = str(next(build.glob("**/bench_steps")))
    call = [program, what, *STEPS, *flags, "--warmup", "1", "--steps"]
    return (processor_ms([*call, str(1 + count)]) - processor_ms([*call, "1"])) / count


def compare(title, measure, builds, rounds):
    found = [[], []]
    for turn in range(rounds):
        for side in (0, 1) if turn % 2 else (1, 0):
            found[side].append(measure(builds[side]))
    old, new = map(statistics.median, found)
    print(f"{title:28}{old:9.1f}{new:9.1f}   ratio {old / new:.3f}", flush=True)
    return old / new


def main():
    builds = [pathlib.Path(argument) for argument in sys.argv[1:3]]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    print(f"{'processor ms (median)':28}{'old':>9}{'new':>9}")
    ratios = [
        compare(f"{p} --help", lambda b, p=p: processor_ms([b / "bin" / p, "--help"]), builds, 4 * rounds)
        for p in ("phantom", "preprocess", "evaluate", "pretrain", "distill", "ensemble-label", "mcdropout")
    ]
    for what, flags, count in (
        ("supervised", [], 4),
        ("had-net", [], 2),
        ("mc-dropout", ["--samples", "20"], 1),
        ("mc-dropout", ["--samples", "100", "--dropout-blocks", "u1"], 1),
    ):
        title = " ".join([what, *(f for f in flags if not f.startswith("--"))])
        ratios.append(compare(title, lambda b, w=what, f=flags, c=count: steps_ms(b, w, f, c), builds, rounds))
    sys.exit(1 if min(ratios) < LEAST else 0)


if __name__ == "__main__":
    main()
