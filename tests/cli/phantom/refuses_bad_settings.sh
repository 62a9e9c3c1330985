#!/usr/bin/env bash
# Wrong settings are found before anything is written.
source "$KDSEG_TEST_LIB"
expect_error 2 "radus.*radius" "$BIN/phantom" --radus 12,24 --output-dir made
expect_error 2 "kappa" "$BIN/phantom" --kappa 1.5 --output-dir made
expect_error 2 "radius.*low end" "$BIN/phantom" --radius 24,12 --output-dir made
expect_error 2 "grid" "$BIN/phantom" --grid 24,28 --output-dir made
expect_error 2 "plain-nii" "$BIN/phantom" --plant plain-ni --output-dir made
expect_error 2 "1 to 2" "$BIN/phantom" --cases 2 --plant plain-nii=3 --output-dir made
expect_error 2 "output-dir" "$BIN/phantom" --cases 2
expect_error 3 "none.nii" "$BIN/phantom" --atlas-t1 none.nii --output-dir made
expect_no_file made
