#!/usr/bin/env bash
# Gates bind for 16 default cases; with another knob, or fewer cases, they only report.
source "$KDSEG_TEST_LIB"
coarse=(--grid 48,56,40 --spacing 4 --threads 2)
run "$BIN/phantom" "${coarse[@]}" --cases 16 --seed 7 --output-dir good
expect_stderr "gate wt-auc-flair: 0\.[89]"
run "$BIN/phantom" "${coarse[@]}" --cases 2 --contrast 0 --output-dir control
expect_stderr "gate et-z-t1ce.*OUTSIDE, not binding"
