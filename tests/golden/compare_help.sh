#!/usr/bin/env bash
# compare_help.sh PROGRAM FILE: the page must equal the kept one, fit a terminal, and be the same
# without one.
set -euo pipefail
program=$1 kept=$2
if [[ ! -f $kept ]]; then
  echo "$kept is missing; make it with tests/golden/regenerate.sh $(dirname "$program")" >&2
  exit 1
fi
page=$("$program" --help 2>&1)
if ! diff -u "$kept" <(printf '%s\n' "$page"); then
  echo "the help page changed; if it should, run tests/golden/regenerate.sh $(dirname "$program")" >&2
  exit 1
fi
if wide=$(grep -nE '.{101,}' <<<"$page"); then
  echo "lines over 100 columns: $wide" >&2
  exit 1
fi
