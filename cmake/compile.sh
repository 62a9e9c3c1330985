#!/usr/bin/env bash
# compile.sh BUILD JOBS [TARGET...]: builds a configured folder. Prints ninja's last line, or what went wrong.
set -euo pipefail
build=$1 jobs=$2 log=$1.log
shift 2
attempt() { cmake --build "$build" -j "$1" "${@:2}" > "$log" 2>&1; }
target=()
if (($#)); then target=(--target "$@"); fi
if ! attempt "$jobs" "${target[@]}"; then
  # Where memory runs out, compilers are killed; one at a time may get through.
  if ! grep -q 'Killed signal terminated\|internal compiler error' "$log" || ! attempt 1 "${target[@]}"; then
    grep -v '^\[[0-9]*/[0-9]*\] ' "$log" | cut -c 1-400 | tail -n 80 >&2
    echo "build: failed; all of it: $log" >&2
    exit 1
  fi
fi
tail -n 1 "$log"
