"""Tiny inputs and one call or more of every program, for run.py."""

import os
import subprocess
from dataclasses import dataclass, field


@dataclass
class Call:
    """A command to be repeated in fresh folders; {inputs} stands for the folder of prepare()."""

    name: str
    command: list
    outputs: list  # files and folders that a finished call has left, and nothing else
    changing: list = field(default_factory=list)  # of those, files that hold times
    threads: int = 1
    torch: bool = False


CASES = ["--cases", "{inputs}/volumes/cases.tsv"]
TRAIN = CASES + ["--where", "split=train", "--validate", "split=val", "--device", "cpu", "--recipe", "{inputs}/recipe.ini",
                 "--width", "2", "--checkpoint-every", "0", "--epochs"]
TIMED = ["history.csv", "finished-state.h5", "lock"]  # hold how long what took
NETWORK = ["--model", "{inputs}/student.h5", "--device", "cpu"]

KINDS = ["--cases", "{inputs}/kinds.tsv"]
ALIGN = KINDS + ["--config", "{inputs}/align.ini", "--device", "cpu"]


def calls(torch):
    found = [
        Call("phantom", ["phantom", "--grid", "16,16,16", "--spacing", "8", "--cases", "2", "--gates", "off",
                         "--output-dir", "made"], ["made"], threads=2),
        Call("preprocess-folder", ["preprocess", "--manifest", "{source}/data-manifest/brats-2018.yaml", "--root",
                                   "{inputs}/scans", "--split", "2,1,0", "--output-dir", "volumes"], ["volumes"], threads=2),
        Call("preprocess-one", ["preprocess", "--image", "flair={inputs}/one_flair.nii.gz", "--image",
                                "t1={inputs}/one_t1.nii.gz", "--label", "{inputs}/one_seg.nii.gz", "--classes",
                                "NCR=1,ED=2,ET=4", "--output", "case.h5"], ["case.h5"]),
        Call("preprocess-sheet", ["preprocess"] + CASES + ["--folds", "2", "--sheet", "folds.tsv"], ["folds.tsv"]),
        Call("evaluate", ["evaluate", "--prediction", "{inputs}/one_seg.nii.gz", "--reference",
                          "{inputs}/two_seg.nii.gz", "--output", "cases.csv", "--summary", "summary.json"],
             ["cases.csv", "summary.json"], ["summary.json"], threads=2),
        Call("evaluate-table", ["evaluate", "--table", "{inputs}/a.csv", "--against", "b={inputs}/b.csv", "--comparison",
                                "comparison.csv", "--summary", "summary.json"], ["comparison.csv", "summary.json"],
             ["summary.json"]),
    ]
    if torch:
        found += [
            Call("pretrain", ["pretrain"] + TRAIN + ["2", "--stage", "--output", "net.h5"], ["net.h5", "net.h5.run"],
                 TIMED, 2, True),
            Call("distill", ["distill"] + TRAIN + ["2", "--teacher", "{inputs}/teacher.h5", "--channels", "flair,t1,t2",
                                                   "--config", "{inputs}/distill.ini", "--stage", "--output", "net.h5"],
                 ["net.h5", "net.h5.run"], TIMED, 2, True),
            Call("ensemble-label-folder", ["ensemble-label"] + NETWORK + CASES + ["--output-dir", "out"], ["out"], [], 2, True),
            Call("ensemble-label-scan", ["ensemble-label"] + NETWORK + [
                "--image", "flair={inputs}/one_flair.nii.gz", "--image", "t1={inputs}/one_t1.nii.gz", "--image",
                "t2={inputs}/one_t2.nii.gz", "--probability", "--output", "seg.nii.gz"],
                 ["seg.nii.gz", "seg_prob.nii.gz"], [], 1, True),
            Call("mcdropout", ["mcdropout"] + NETWORK + CASES + ["--samples", "2", "--normalize", "minmax-set",
                                                                 "--output-dir", "out"], ["out"], [], 2, True),
            Call("cyclegan-align", ["cyclegan-align"] + ALIGN + ["--epochs", "2", "--checkpoint-every", "0", "--stage",
                                                                 "--output", "net.h5"],
                 ["net.h5", "net.h5.run"], TIMED, 2, True),
            Call("cyclegan-align-apply", ["cyclegan-align", "--apply", "{inputs}/translator.h5", "--direction", "a-to-t",
                                          "--device", "cpu"] + KINDS + ["--output-dir", "made"], ["made"], [], 2, True),
        ]
    return found


DISTILL_INI = """[term.cross-entropy]
class-weights = 1 59.4507 23.3190 71.8481

[adversary]
network = hierarchical-discriminator
width = 32
weight = 0.2
"""

SLICES_INI = "name = slices\ncrop = center\nsize = 32 32 4\n"
ALIGN_INI = """recipe = slices.ini
epoch-iterations = 2
[stream.a]
where = kind=one
channels = t1
unit = slice
[stream.t]
where = kind=two
channels = t2
unit = slice
[translation]
pool = 2
[generator]
width = 2
[discriminator]
width = 2
"""

SCORES = "case,region,metric,value,status,unit\n" + "".join(
    f"p{i},ET,dice,{{{i}}},normal,1\n" for i in range(6))


def prepare(bin_folder, source, inputs, torch):
    """Makes the inputs of all calls."""

    def run(*command):
        subprocess.run([os.path.join(bin_folder, command[0]), *command[1:]], cwd=inputs, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    os.makedirs(inputs)
    run("phantom", "--grid", "16,16,16", "--spacing", "8", "--cases", "3", "--gates", "off", "--output-dir", "scans")
    run("preprocess", "--manifest", f"{source}/data-manifest/brats-2018.yaml", "--root", "scans", "--split", "2,1,0",
        "--output-dir", "volumes")
    found = sorted(os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(inputs, "scans"))
                   for name in names if name.endswith(".nii.gz"))
    for number, case in (("one", "0001_1"), ("two", "0002_1")):
        for path in found:
            if f"{case}_" in os.path.basename(path):
                os.link(path, os.path.join(inputs, f"{number}_{path.rsplit('_', 1)[1]}"))
    for name, shift in (("a", 0.0), ("b", 0.1)):
        with open(os.path.join(inputs, name + ".csv"), "w") as out:
            out.write(SCORES.format(*(0.1 * i + shift * i / 6 for i in range(6))))
    with open(os.path.join(inputs, "recipe.ini"), "w") as out:
        out.write("name = tiny\nsize-multiple = 32\n")
    with open(os.path.join(inputs, "distill.ini"), "w") as out:
        out.write(DISTILL_INI)
    for name, text in (("slices.ini", SLICES_INI), ("align.ini", ALIGN_INI)):
        with open(os.path.join(inputs, name), "w") as out:
            out.write(text)
    # Three cases, two of one kind.
    with open(os.path.join(inputs, "volumes", "cases.tsv")) as sheet, open(os.path.join(inputs, "kinds.tsv"), "w") as out:
        for line, kind in zip(sheet, ("kind", "one", "two", "one")):
            case, file, *others = line.rstrip("\n").split("\t")
            out.write("\t".join([case, file if kind == "kind" else "volumes/" + file, *others, kind]) + "\n")
    if torch:
        for name, channels in (("teacher", "flair,t1,t1ce,t2"), ("student", "flair,t1,t2")):
            command = [part.replace("{inputs}", ".") for part in TRAIN]
            run("pretrain", *command, "1", "--channels", channels, "--output", name + ".h5", "--threads", "1")
        run("cyclegan-align", "--cases", "kinds.tsv", "--config", "align.ini", "--device", "cpu", "--epochs", "1",
            "--output", "translator.h5", "--threads", "1")
