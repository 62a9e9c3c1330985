#!/usr/bin/env bash
# A description of a data set with a pattern of exponential time, endless depth or length ends at once.
source "$KDSEG_TEST_LIB"
corpus=$KDSEG_SOURCE_DIR/tests/fuzz/corpus/manifest
mkdir -p "cohort/$(printf 'x%.0s' {1..60})"
touch "cohort/$(printf 'x%.0s' {1..60})/a.nii"

check() { # CODE PATTERN FILE
  local began=$SECONDS
  expect_error "$1" "$2" "$BIN/preprocess" --manifest "$3" --root cohort --check
  ((SECONDS - began <= 10)) || fail "$3 took $((SECONDS - began)) s"
}
# A pattern that backtracking would try 2^60 times is matched in linear time: no case is found.
cp "$corpus/pattern-slow" slow.yaml
check 3 'no case folder' slow.yaml
for name in deep long back ahead count; do
  cp "$corpus/pattern-$name" "$name.yaml"
  check 3 "$name.yaml:[0-9]+: case_pattern '.*' (is no regular expression|has [0-9]+ bytes)" "$name.yaml"
done
for name in nested nested-map nested-block; do
  cp "$corpus/$name" "$name.yaml"
  check 3 "$name.yaml:1: nested more than 32 levels deep" "$name.yaml"
done
{ cat "$corpus/brats-2018"; printf '# %s\n' "$(head -c 1500000 /dev/zero | tr '\0' x)"; } > large.yaml
check 3 'bytes; expected a manifest of at most' large.yaml
