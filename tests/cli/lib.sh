#!/usr/bin/env bash
# What the scripts of tests/cli share. They start with `source "$KDSEG_TEST_LIB"`.
set -euo pipefail

# The latest command's output; hidden, so that the working folder looks empty to the programs.
mkdir -p .latest
latest_out=.latest/stdout
latest_err=.latest/stderr

fail() {
  echo "FAIL: $*" >&2
  if [[ -s $latest_err ]]; then
    echo "stderr of the latest command:" >&2
    tail -n 20 "$latest_err" >&2
  fi
  exit 1
}

skip() {
  echo "SKIP: $*" >&2
  exit 77
}

# expect_exit CODE COMMAND...: runs it; its output is kept for expect_stdout and expect_stderr.
expect_exit() {
  local expected=$1 code=0
  shift
  "$@" >"$latest_out" 2>"$latest_err" || code=$?
  [[ $code == "$expected" ]] || fail "exit code $code, expected $expected: $*"
}

run() { expect_exit 0 "$@"; }

# expect_stderr PATTERN, expect_stdout PATTERN: an extended regular expression in some line.
expect_stderr() { grep -Eq -- "$1" "$latest_err" || fail "stderr lacks '$1'"; }
expect_stdout() { grep -Eq -- "$1" "$latest_out" || fail "stdout lacks '$1'"; }

expect_quiet() { [[ ! -s $latest_err ]] || fail "stderr is not empty"; }

# expect_error CODE PATTERN COMMAND...: fails with the code and one line `tool: error: ...`.
expect_error() {
  local code=$1 pattern=$2
  shift 2
  expect_exit "$code" "$@"
  local error
  error=$(grep ': error: ' "$latest_err" || true)
  [[ -n $error && $error != *$'\n'* ]] || fail "expected one line with an error: $*"
  [[ $error == "$(basename "$1"): error: "* ]] || fail "the error does not name its program"
  [[ $error =~ $pattern ]] || fail "the error lacks '$pattern'"
}

expect_file() {
  local path
  for path in "$@"; do [[ -s $path ]] || fail "$path is missing or empty"; done
}

expect_no_file() {
  local path
  for path in "$@"; do [[ ! -e $path ]] || fail "$path should not exist"; done
}

expect_equal() { [[ $1 == "$2" ]] || fail "'$1' is not '$2'${3:+: $3}"; }

expect_same_file() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }

# await_handlers PROCESS: until it answers to TERM by itself, however slowly the machine starts it.
await_handlers() {
  local caught
  while kill -0 "$1" 2>/dev/null; do
    caught=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null || true)
    (((16#${caught:-0} >> 14) & 1)) && return
    sleep 0.01
  done
}

# content_of: the content_sha256 that the latest command printed (the last one).
content_of() {
  cat "$latest_out" "$latest_err" | grep -Eo '[0-9a-f]{64}' | tail -n 1
}

# make_cohort DIR [phantom flags...]: a small synthetic brain cohort in DIR.
make_cohort() {
  local folder=$1
  shift
  run "$BIN/phantom" --anatomy brain --size tiny --output-dir "$folder" --quiet "$@"
}

# ends_within_two_seconds PROCESS SECONDS: a TERM, so long after it heeds signals, ends it in good order.
ends_within_two_seconds() {
  local process=$1 code=0 began took
  await_handlers "$process"
  sleep "$2"
  kill -0 "$process" || fail 'it ended before the signal'
  kill -TERM "$process"
  began=$(date +%s%N)
  wait "$process" || code=$?
  took=$((($(date +%s%N) - began) / 1000000))
  expect_equal "$code" 75
  ((took < 2000)) || fail "$took ms from the signal to the end"
}
