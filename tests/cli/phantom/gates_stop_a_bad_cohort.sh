#!/usr/bin/env bash
# A default cohort of 16 cases whose statistics are off is not declared finished unless asked for;
# with other knobs, or fewer cases, gates only report.
source "$KDSEG_TEST_LIB"
coarse=(--grid 48,56,40 --spacing 4 --threads 2)
run "$BIN/phantom" "${coarse[@]}" --cases 16 --seed 7 --output-dir good
expect_stderr "gate wt-auc-flair: 0\.[89]"
# Seed 5 draws scanners and tumors that FLAIR separates badly (0.82; the window starts at 0.85).
expect_error 1 "wt-auc-flair.*--gates report" "$BIN/phantom" "${coarse[@]}" --cases 16 --seed 5 \
  --output-dir bad
expect_no_file bad/cohort.json
run "$BIN/phantom" "${coarse[@]}" --cases 16 --seed 5 --output-dir bad --gates report
expect_file bad/cohort.json
run "$BIN/phantom" "${coarse[@]}" --cases 2 --contrast 0 --output-dir control
expect_stderr "gate et-z-t1ce.*OUTSIDE, not binding"
