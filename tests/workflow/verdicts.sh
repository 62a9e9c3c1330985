#!/usr/bin/env bash
# A verdict is what the 95 % interval knows: yes where all of it is as stated, no where none of it is, undecided in
# between; whichever way round the comparison was made. Counts of each stand on the report.
source "$(dirname "$0")/common.bash"
cat > experiment.yaml <<'YAML'
title: Verdicts
citation: none
cohorts: {brain: {manifest: brats-2018}}
recipe: recipe.ini
split: [4, 2, 2]
regions: {WT: whole tumor, TC: tumor core, ET: enhancing tumor}
methods:
  a: {label: A, program: pretrain, settings: [a.ini]}
  b: {label: B, program: pretrain, settings: [a.ini]}
  c: {label: C, program: pretrain, settings: [a.ini]}
  d: {label: D, program: pretrain, settings: [a.ini]}
main: [a, b, c]
reference: a
comparisons: {a: [b, d], c: [a]}
rivals: [b]
metrics: {dice: {score: dice, digits: 3}}
tables: {"1": {caption: Dice, metric: dice, rows: {Ours: a, Theirs: b}}}
verdict:
  - {metric: dice, regions: [WT, TC, ET], above: [[a], [b]]}
  - {metric: dice, regions: [WT, TC, ET], above: [[a], [c]]}
  - {metric: dice, regions: [WT, TC, ET], within: 0.02, of: a, methods: [b]}
  - {metric: dice_best, regions: [WT], within: 0.02, of: a, methods: [b]}
  - {metric: dice, regions: [WT], above: [[a], [d]]}
  - {metric: dice, regions: [WT], at_most: 0.55, methods: [a, c]}
  - {metric: dice, regions: [WT, TC], published: 0.02, table: "1", methods: [a]}
controls:
  narrow: {title: Narrow, phantom: {contrast: 0}, methods: [a, b], comparisons: {a: [b]}, expect: {metric: dice, region: WT, reference: a, against: b, half_width: 0.05}}
  wide: {title: Wide, phantom: {contrast: 0}, methods: [a, b], comparisons: {a: [b]}, expect: {metric: dice, region: WT, reference: a, against: b, half_width: 0.05}}
  shifted: {title: Shifted, phantom: {contrast: 0}, methods: [a, b], comparisons: {a: [b]}, expect: {metric: dice, region: WT, reference: a, against: b, half_width: 0.05}}
YAML
python3 - <<'PY'
import csv, os, subprocess, sys
# Two cases each; the difference of means is the middle of the interval.
def study(root, comparisons):
    for row, value in {"a": 0.5, "b": 0.498, "c": 0.6, "d": 0.4}.items():
        if root != "results/main" and row > "b" or row == "d":
            continue
        os.makedirs(f"{root}/{row}/fold0_seed0", exist_ok=True)
        with open(f"{root}/{row}/cases-over-seeds.csv", "w") as table:
            table.write("case,stratum,region,metric,value,status\n")
            for region in ("WT", "TC", "ET"):
                for metric in ("dice", "dice_best"):
                    for case in "xy":
                        table.write(f"{case},HGG,{region},{metric},{value},normal\n")
    for reference, lines in comparisons.items():
        with open(f"{root}/comparison-{reference}-cases.csv", "w") as table:
            table.write("region,metric,against,n_pairs,mean_difference,ci_lo,ci_hi,p_t,p_wilcoxon\n")
            for against, region, metric, low, high in lines:
                table.write(f"{region},{metric},{against},2,{(low + high) / 2},{low},{high},0.5,0.5\n")
study("results/main", {
    "a": [("b", "WT", "dice", -0.013, 0.018), ("b", "TC", "dice", 0.001, 0.019), ("b", "ET", "dice", -0.09, -0.03),
          ("b", "WT", "dice_best", -0.03, 0.01)],
    "c": [("a", "WT", "dice", -0.3, -0.1), ("a", "TC", "dice", 0.1, 0.3), ("a", "ET", "dice", 0.0, 0.2)],
})
study("results/main-narrow", {"a": [("b", "WT", "dice", -0.04, 0.05)]})
study("results/main-wide", {"a": [("b", "WT", "dice", -0.06, 0.05)]})
study("results/main-shifted", {"a": [("b", "WT", "dice", 0.001, 0.002)]})
call = [sys.executable, "workflow/scripts/verdict.py", "--experiment", "experiment.yaml", "--root", "results/main"]
subprocess.run([*call, "--rows", "a", "b", "c", "--controls", "narrow", "wide", "shifted", "--output", "verdict.csv"], check=True)
rows = list(csv.DictReader(open("verdict.csv")))
found = [(r["statement"].split(":")[0], r["region"], r["metric"], r["holds"]) for r in rows]
expected = [
    ("A above B", "WT", "dice", "undecided"),   # .002 [-.013, .018]
    ("A above B", "TC", "dice", "yes"),
    ("A above B", "ET", "dice", "no"),
    ("A above C", "WT", "dice", "yes"),         # made as C - A
    ("A above C", "TC", "dice", "no"),
    ("A above C", "ET", "dice", "undecided"),   # ends at 0
    ("A within 0.02 of B", "WT", "dice", "yes"),
    ("A within 0.02 of B", "TC", "dice", "yes"),
    ("A within 0.02 of B", "ET", "dice", "no"),
    ("A within 0.02 of B", "WT", "dice_best", "undecided"),
    ("A above D", "WT", "dice", "not-run"),
    ("A at most 0.55", "WT", "dice", "yes"),    # every case is 0.5
    ("C at most 0.55", "WT", "dice", "no"),     # every case is 0.6
    ("Narrow", "WT", "dice", "yes"),
    ("Wide", "WT", "dice", "undecided"),        # could hide more than 0.05
    ("Shifted", "WT", "dice", "no"),
]
assert found == expected, found
assert (rows[3]["ci_lo"], rows[3]["ci_hi"], rows[3]["difference"]) == ("0.1000", "0.3000", "-0.1000"), rows[3]
import jinja2
loader = jinja2.FileSystemLoader("workflow/scripts")
parts = jinja2.Environment(loader=loader, autoescape=True).get_template("verdict.html.j2").module
page = " ".join(str(parts.counts(rows)).split())
assert "Of 15 statements checked, <strong>6 hold</strong>, <strong>5 do not</strong>, <strong>4 are undecided</strong>" in page, page
assert "; 1 more are about methods that were not run" in page, page
# What was published is asked of real cases alone, by the table that says it.
with open("claimed.csv", "w") as table:
    table.write("table,row,column,metric,value,std,note\n1,Ours,WT,dice,0.51,,\n1,Theirs,WT,dice,0.9,,\n1,Ours,TC,dice,0.6,,\n")
subprocess.run([*call, "--rows", "a", "b", "c", "--claimed", "claimed.csv", "--output", "verdict.csv"], check=True)
said = [r for r in csv.DictReader(open("verdict.csv")) if "published" in r["statement"]]
found = [(r["statement"], r["region"], r["holds"], r["difference"]) for r in said]
assert found == [("A within 0.02 of the published 0.51", "WT", "yes", "-0.0100"),
                 ("A within 0.02 of the published 0.6", "TC", "no", "-0.1000")], found
# An interval that is missing decides nothing.
os.remove("results/main/comparison-c-cases.csv")
subprocess.run([*call, "--rows", "a", "b", "c", "--output", "verdict.csv"], check=True)
assert [r["holds"] for r in csv.DictReader(open("verdict.csv")) if r["statement"] == "A above C"] == ["undecided"] * 3
PY
