#!/usr/bin/env bash
# A finished cohort is replaced only on request, and then wholly.
source "$KDSEG_TEST_LIB"
cohort=(--grid 24,28,20 --spacing 8 --gates off --output-dir made)
run "$BIN/phantom" "${cohort[@]}" --cases 3
before=$(sha256sum made/cohort.json)
expect_error 2 "holds a cohort already.*--force" "$BIN/phantom" "${cohort[@]}" --cases 2
[[ $(sha256sum made/cohort.json) == "$before" ]] || fail "the refused run changed the cohort"
run "$BIN/phantom" "${cohort[@]}" --cases 2 --force
[[ $(find made -name '*_seg.nii.gz' | wc -l) == 2 ]] || fail "a case of the old cohort is left"
