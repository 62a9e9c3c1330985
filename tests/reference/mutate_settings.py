"""Changes each value of the shipped settings files in turn, in a copy, and runs the golden test on the copy.

mutate_settings.py TEST [--only TEXT]: TEST is the program golden_first_steps. Prints one line per change that the test
did not notice, and how many it noticed. Exit code 1 when a change of a loss term, an adversary, an optimizer, a channel
or a network went unnoticed.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

EXPERIMENTS = pathlib.Path(__file__).resolve().parents[2] / "config" / "experiments"
LINE = re.compile(r"^(?P<key>[a-z0-9-]+) *= *(?P<value>[^#]*?)(?P<rest> *(#.*)?)$")
WORDS = {  # words that have another one to stand in their place
    "on": "off", "off": "on", "all": "foreground", "linear": "squared", "squared": "linear", "softmax": "l1",
    "l1": "softmax", "adam": "adamw", "adamw": "adam", "best": "last", "last": "best", "score": "loss",
    "loss": "score", "logits": "softmax", "argmax": "threshold", "by-channels": "never", "uniform": "off",
    "population": "unbiased", "tf-legacy": "half-pixel", "mean-over-tensors": "sum", "before-up": "none",
    "hierarchical-discriminator": "output-discriminator", "output-discriminator": "hierarchical-discriminator",
    "regions": "classes", "bott": "enc4"}
UNSEEN = {  # what neither the first iterations nor the stated rows can show, and where else it is looked at
    "recipe", "rng", "validate-every", "test-latent", "procedure", "name",
    "first-dropout",  # of students: three images are fewer than any published width
    "teacher-dropout"}  # of KD-Net: its networks have no dropout


def mutations(text):
    """(line number, key, old value, text with one value changed) for every value of a settings file."""
    lines, section = text.splitlines(), ""
    for number, line in enumerate(lines):
        if line.startswith("["):
            section = line.split("]")[0] + "]"
        if not (found := LINE.match(line)):
            continue
        words = found["value"].split()
        for i, word in enumerate(words):
            changed = other_word(found["key"], word, words)
            if changed is None:
                continue
            new = " ".join([*words[:i], changed, *words[i + 1:]])
            if found["key"] == "channels" and i + 1 < len(words):  # another order
                new = " ".join([*words[:i], words[i + 1], word, *words[i + 2:]])
            rest = lines[:number] + [f"{found['key']} = {new}"] + lines[number + 1:]
            yield number + 1, f"{section} {found['key']}".strip(), f"{found['value']} -> {new}", "\n".join(rest) + "\n"


def other_word(key, word, words):
    if key == "class-weights" and words == ["1"]:  # all alike, whatever they are
        return "1 2 3 4"
    if re.fullmatch(r"-?\d+", word):
        value = int(word)
        if key == "skips":
            return "0" if value else "4"
        if key == "subset-divisor":
            return "15"
        if key == "width":
            return str(2 * value)
        return str(value + 1)
    if re.fullmatch(r"[-+.\deE]+", word):
        value = float(word)
        return repr(value * {"betas": 0.98, "decay": 0.98, "smoothing": 100}.get(key, 1.01))
    if key in ("channels", "flip-axis", "synthesize"):
        return {"x": "y", "y": "x", "z": "x", "flair": "t2"}.get(word, "flair")
    return WORDS.get(word)


def tests_of(file):
    """Filters for the tests of the methods that read this settings file: of the first one, and of all others."""
    methods = yaml.safe_load((file.parent / "experiment.yaml").read_text())["methods"]
    names = [re.sub("[^a-z0-9]", "_", f"{file.parent.name}/{name}") for name, m in methods.items()
             if file.name in m["settings"]]
    return [":".join(f"*/ShippedSettings.*/{name}" for name in some) for some in (names[:1], names[1:]) if some]


def noticed(program, experiments, tests="*"):
    environment = {**os.environ, "KDSEG_EXPERIMENTS": str(experiments), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([program, "--gtest_brief=1", "--gtest_fail_fast", f"--gtest_filter={tests}"],
                          env=environment, capture_output=True)
    return done.returncode != 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test")
    parser.add_argument("--only", default="", help="changes whose file or key has this text")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    missed = seen = excused = 0
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        if noticed(arguments.test, shutil.copytree(EXPERIMENTS, f"{scratch}/unchanged")):
            sys.exit("the test fails on the unchanged files")
        tasks = []
        for file in sorted(EXPERIMENTS.glob("*/*.ini")):
            if file.name.startswith("recipe"):
                continue
            for number, key, change, text in mutations(file.read_text()):
                where = f"{file.parent.name}/{file.name}:{number}: {key} = {change}"
                if arguments.only not in where:
                    continue

                def run(file=file, text=text, folder=f"{scratch}/{len(tasks)}"):
                    shutil.copytree(EXPERIMENTS, folder)
                    (pathlib.Path(folder) / file.parent.name / file.name).write_text(text)
                    result = any(noticed(arguments.test, folder, tests) for tests in tests_of(file))
                    shutil.rmtree(folder)
                    return result

                tasks.append((where, key.split()[-1], pool.submit(run)))
        for where, key, result in tasks:
            if result.result():
                seen += 1
            elif key in UNSEEN:
                excused += 1
                print(f"cannot show: {where}", flush=True)
            else:
                missed += 1
                print(f"not noticed: {where}", flush=True)
    print(f"{seen} changes noticed, {missed} not noticed, {excused} that cannot show")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
