#!/usr/bin/env bash
# Scans to report at tiny scale: every rule runs, the table has all rows of the paper, the page needs no network.
source "$(dirname "$0")/common.bash"
workflow scale=tiny paper=had-net || { tail -n 60 log.txt; fail "the workflow failed"; }
root=results/had-net/tiny
python3 - "$root" <<'PY'
import csv, re, sys
root = sys.argv[1]
key = lambda row: (row["table"], row["row"], row["column"], row["metric"])
claimed = [r for r in csv.DictReader(open("config/experiments/had-net/claimed.csv")) if r["table"] == "1"]
ours = {key(r): r for r in csv.DictReader(open(f"{root}/table1.csv"))}
assert set(ours) == {key(r) for r in claimed}, "rows of table 1 differ from the paper's"
for row in ours.values():
    ran = row["column"] in ("Teacher", "Pre-Trained Student", "HAD-Net")
    assert row["status"] == ("run" if ran else "not-run"), row
    assert not ran or (row["n"] == "2" and 0 <= float(row["value"]) <= 100), row
page = open(f"{root}/report.html").read()
assert "SYNTHETIC" in page
outside = [u for u in re.findall(r'(?:src|href)="([^"]+)"', page) if not u.startswith(("data:", "#"))]
assert not outside, outside
PY
before=$(stat -c %Y "$root/report.html")
workflow scale=tiny paper=had-net || fail "a second run failed"
[ "$before" = "$(stat -c %Y "$root/report.html")" ] || fail "a second run made the report again"
grep -q "Nothing to be done" log.txt || { cat log.txt; fail "a second run had work to do"; }
