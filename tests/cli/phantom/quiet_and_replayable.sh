#!/usr/bin/env bash
# Success can be silent, and the printed settings make the same cohort again.
source "$KDSEG_TEST_LIB"
cohort=(--grid 24,28,20 --spacing 8 --cases 2 --radius 18,30 --contrast 0.2 --gates report)
run "$BIN/phantom" "${cohort[@]}" --output-dir one --quiet
expect_quiet
"$BIN/phantom" "${cohort[@]}" --output-dir one --print-config > again.ini
run "$BIN/phantom" --config again.ini --output-dir two
diff -r one two || fail "the printed settings give another cohort"
