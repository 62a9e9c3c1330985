# Shared by the scripts of this folder: label maps to score and values to look up.
source "$KDSEG_TEST_LIB"
command -v python3 >/dev/null || skip "python3 makes the label maps"
tests=$(dirname "$KDSEG_TEST_LIB")/evaluate

label_map() { python3 "$tests/label_map.py" "$@"; }

# expect_row FILE TEXT: the CSV has this row.
expect_row() { grep -Fxq -- "$2" "$1" || fail "$1 lacks '$2'; it has:
$(head -n 40 "$1")"; }

# expect_json FILE EXPRESSION: a Python expression over the parsed file `s`; row(region, metric) finds a summary.
expect_json() {
  python3 - "$1" "$2" <<'PYTHON' || fail "$1: not true: $2"
import json, sys
def refuse(word): raise ValueError(word)
with open(sys.argv[1]) as file: s = json.load(file, parse_constant=refuse)
def row(region, metric):
    return next(r for r in s["summary"] if (r["region"], r["metric"]) == (region, metric))
sys.exit(0 if eval(sys.argv[2]) else 1)
PYTHON
}
