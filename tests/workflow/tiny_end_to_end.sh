#!/usr/bin/env bash
# Scans to report at tiny scale: every row of the paper and every control runs, the tables have the paper's keys,
# the page needs no network.
source "$(dirname "$0")/common.bash"
workflow scale=tiny paper=had-net || { tail -n 60 log.txt; fail "the workflow failed"; }
root=results/had-net/tiny
python3 - "$root" <<'PY'
import csv, re, sys
root = sys.argv[1]
claims = list(csv.DictReader(open("config/experiments/had-net/claimed.csv")))
key = lambda row: (row["table"], row["row"], row["column"], row["metric"])
for number in ("1", "2", "text"):
    rows = list(csv.DictReader(open(f"{root}/table{number}.csv")))
    claimed = [key(c) for c in claims if c["table"] == number]
    ours = [key(r) for r in rows if r["note"] != "not in the paper"]
    assert ours == claimed, f"rows of table {number} differ from the paper's"
    for row in rows:
        assert row["status"] == "run" and row["n"] == "2" and row["seeds"] == "1", row
        if number == "1":
            assert 0 <= float(row["value"]) <= 100, row
        if number == "2":
            assert 0 <= float(row["value"]) <= 1, row
table1 = {(r["row"], r["column"]): r for r in csv.DictReader(open(f"{root}/table1.csv"))}
for control in ("HAD-Net, lambda 0", "Student, continued", "AD-Net, half width", "KD-Net+, l1"):
    assert table1[("ET", control)]["note"] == "not in the paper"
gain = next(r for r in csv.DictReader(open(f"{root}/tabletext.csv")) if (r["row"], r["column"]) == ("ET", "AD-Net"))
expected = 100 * (float(table1[("ET", "HAD-Net")]["value"]) / float(table1[("ET", "AD-Net")]["value"]) - 1)
assert abs(float(gain["value"]) - expected) < 0.05, (gain, expected)
verdict = list(csv.DictReader(open(f"{root}/verdict.csv")))
assert len(verdict) == 23 and all(r["holds"] in ("yes", "no", "undecided") for r in verdict), verdict
for row in (r for r in verdict if " above " in r["statement"]):
    low, high = float(row["ci_lo"]), float(row["ci_hi"])
    assert row["holds"] == ("yes" if low > 0 else "no" if high < 0 else "undecided"), row
control = verdict[-1]
assert control["cohort"] == "tiny-no-contrast" and control["ci_lo"], control
for figure in ("figure2.png", "figure3.png"):
    assert open(f"{root}/{figure}", "rb").read(4) == b"\x89PNG"
page = open(f"{root}/report.html").read()
assert "SYNTHETIC" in page
told = re.search(r"Of (\d+) statements checked, <strong>(\d+) hold</strong>,\s+<strong>(\d+) do not</strong>, <strong>(\d+) are undecided", page)
assert told.start() < page.index("<h2>Results"), "the counts are not at the top"
assert [int(n) for n in told.groups()] == [23] + [sum(r["holds"] == k for r in verdict) for k in ("yes", "no", "undecided")], told
outside = [u for u in re.findall(r'(?:src|href)="([^"]+)"', page) if not u.startswith(("data:", "#"))]
assert not outside, outside
PY
before=$(stat -c %Y "$root/report.html")
workflow scale=tiny paper=had-net || fail "a second run failed"
[ "$before" = "$(stat -c %Y "$root/report.html")" ] || fail "a second run made the report again"
grep -q "Nothing to be done" log.txt || { cat log.txt; fail "a second run had work to do"; }
