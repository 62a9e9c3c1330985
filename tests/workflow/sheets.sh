#!/usr/bin/env bash
# A pool set apart has the sizes that Nalwade & Kisa's protocol gives (335 cases in proportions 335:66:191; half of the
# validation and a fifth of the test cases without labels): 40 in the pool, 19 and 86 left, whatever the sheet's order.
# Its cases are in no split, and come back as training cases with the labels that networks made, or with their true ones.
source "$(dirname "$0")/common.bash"
# A user's own Python runs it, without any package.
python3 -S workflow/scripts/sheet.py --help > log.txt 2>&1 || { cat log.txt; fail "needs a package"; }
python3 - <<'PY'
import csv, hashlib, random, subprocess, sys
seed = "distill-v1"
dealt = {"HGG": (147, 29, 83), "LGG": (43, 8, 25)}
rows = []
for stratum, counts in dealt.items():
    ids = [f"{stratum}_{i:03}" for i in range(sum(counts))]
    ids.sort(key=lambda i: (hashlib.sha256(f"{seed}:{i}".encode()).hexdigest(), i))
    splits = [s for s, n in zip(("train", "val", "test"), counts) for _ in range(n)]
    rows += [{"case": i, "file": f"{i}.h5", "stratum": stratum, "split": s, "fold": ""} for i, s in zip(ids, splits)]
first = {(st, sp): [r["case"] for r in rows if (r["stratum"], r["split"]) == (st, sp)] for st in dealt for sp in ("val", "test")}
def write(path, rows):
    with open(path, "w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
def read(path):
    return {r["case"]: r for r in csv.DictReader(open(path), delimiter="\t")}
def call(*arguments, code=0):
    found = subprocess.run(arguments, capture_output=True, text=True)
    assert found.returncode == code, found.stderr
    return found.stderr
def sheet(*arguments, code=0):
    return call(sys.executable, "workflow/scripts/sheet.py", *arguments, code=code)
import os
def deal(source, pool, output):
    for row in read(source).values():  # volumes are not opened, but must be there
        open(os.path.join(os.path.dirname(source), row["file"]), "a").close()
    call("preprocess", "--cases", source, *[w for p in pool for w in ("--pool", p)], "--split-seed", seed, "--sheet", output)
os.makedirs("volumes/brain")
random.Random(1).shuffle(rows)
write("volumes/brain/cases.tsv", rows)
deal("volumes/brain/cases.tsv", ["val=0.5", "test=0.2"], "volumes/brain/dealt.tsv")
sheet("compose", "brain=volumes/brain/dealt.tsv", "--output", "volumes/study.tsv")
study = read("volumes/study.tsv")
pool = {c for c, r in study.items() if r["pool"] == "yes"}
assert pool == {c for (st, sp), n in {("HGG", "val"): 14, ("HGG", "test"): 17, ("LGG", "val"): 4, ("LGG", "test"): 5}.items()
                for c in first[st, sp][:n]}
count = lambda split: sum(r["split"] == split for r in study.values())
assert (len(pool), count("train"), count("val"), count("test"), count("")) == (40, 190, 19, 86, 40)
assert study["HGG_000"]["file"] == "brain/HGG_000.h5" and study["HGG_000"]["cohort"] == "brain"

os.makedirs("made")
write("made/cases.tsv", [{**study[c], "file": f"{c}.h5", "labels": "annotation"} for c in sorted(pool)])
sheet("annotated", "volumes/study.tsv", "made/cases.tsv", "--output", "made/all.tsv")
whole = read("made/all.tsv")
assert set(whole) == set(study) and sum(r["split"] == "train" for r in whole.values()) == 230
one = min(pool)
assert whole[one]["file"] == f"{one}.h5" and whole[one]["labels"] == "annotation" and whole[one]["pool"] == "annotated"
assert whole["HGG_000"]["file"] == "../volumes/brain/HGG_000.h5" or "HGG_000" in pool
sheet("opened", "volumes/study.tsv", "--output", "volumes/opened.tsv")
opened = read("volumes/opened.tsv")
assert {c for c, r in opened.items() if r["split"] == "train"} == pool | {c for c, r in study.items() if r["split"] == "train"}
assert {r["pool"] for c, r in opened.items() if c in pool} == {"opened"} and opened[one]["file"] == f"brain/{one}.h5"

# What cannot be a training set is refused: an annotation that is missing, labels that nobody made, a pool that is none.
def refused(words, *arguments):
    told = sheet(*arguments, "--output", "no.tsv", code=1)
    assert words in told and told.count("\n") == 1 and not os.path.exists("no.tsv"), told
made = [{**study[c], "file": f"{c}.h5", "labels": "annotation"} for c in sorted(pool)]
write("made/some.tsv", [row for row in made if row["case"] != one])
refused(f"no annotation of case {one} of the pool (1 in all)", "annotated", "volumes/study.tsv", "made/some.tsv")
write("made/true.tsv", [{**row, "labels": "truth" if row["case"] == one else "annotation"} for row in made])
refused(f"labels of case {one} are 'truth', expected annotation", "annotated", "volumes/study.tsv", "made/true.tsv")
own = min(c for c, r in study.items() if r["split"] == "train")
write("made/labelled.tsv", [*made, {**made[0], "case": own}])
refused(f"case {own} is in split 'train' of volumes/study.tsv, with labels of its own", "annotated", "volumes/study.tsv", "made/labelled.tsv")
refused("the pool is empty", "opened", "volumes/brain/cases.tsv")

# The order that the protocol prints for its seed.
ten = [{"case": f"SYN_{i:03}", "file": "f.h5", "stratum": "", "split": "val", "fold": ""} for i in range(10)]
write("ten.tsv", ten)
for part, expected in (("0.1", {"002"}), ("0.3", {"002", "006", "005"}), ("0.4", {"002", "006", "005", "009"})):
    if os.path.exists("parts.tsv"):
        os.remove("parts.tsv")
    deal("ten.tsv", [f"val={part}"], "parts.tsv")
    assert {c[4:] for c, r in read("parts.tsv").items() if r["pool"]} == expected, part

# All of a cohort; scans of one patient stay together; equal ids in two cohorts are refused.
few = [{"case": f"p{i // 2}_{i % 2}", "file": "f.h5", "stratum": "", "split": "test", "fold": "", "patient": f"p{i // 2}"} for i in range(8)]
write("few.tsv", few)
deal("few.tsv", ["any=all"], "all.tsv")
assert {r["pool"] for r in read("all.tsv").values()} == {"yes"}
deal("few.tsv", ["test=0.5"], "half.tsv")
half = [r["case"] for r in read("half.tsv").values() if r["pool"] == "yes"]
assert len(half) == 4 and len({c[:2] for c in half}) == 2, half
told = sheet("compose", "a=few.tsv", "b=few.tsv", "--output", "both.tsv", code=1)
assert "case p0_0 is in few.tsv and in few.tsv" in told and not os.path.exists("both.tsv"), told

# Translated images stand in the place of the case; what is no case of the sheet does not, and no sheet is left behind.
import h5py
os.makedirs("translated")
with h5py.File("translated/p1_0.h5", "w") as file:
    file.attrs["recipe"] = "name = fitted\n"
write("translated/made.tsv", [{**few[2], "file": "p1_0.h5", "translated": "a-to-t"}])
sheet("translated", "few.tsv", "translated/made.tsv", "--recipe", "recipe.ini", "--output", "joined.tsv")
joined = read("joined.tsv")
assert set(joined) == {r["case"] for r in few} and joined["p1_0"]["file"] == "translated/p1_0.h5", joined
assert {c for c, r in joined.items() if r["translated"]} == {"p1_0"} and joined["p1_1"]["file"] == "f.h5"
assert open("recipe.ini").read() == "name = fitted\n"
write("translated/strange.tsv", [{**few[2], "case": "q", "file": "p1_0.h5", "translated": "a-to-t"}])
told = sheet("translated", "few.tsv", "translated/strange.tsv", "--recipe", "other.ini", "--output", "strange.tsv", code=1)
assert "case q is none of few.tsv" in told and not os.path.exists("strange.tsv") and not os.path.exists("other.ini"), told
sheet("again", "translated/made.tsv", "--output", "translated/again.tsv")
assert "translated" not in next(iter(read("translated/again.tsv").values()))
PY
