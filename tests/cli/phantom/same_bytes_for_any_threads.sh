#!/usr/bin/env bash
# A seed names a cohort: the same bytes whatever the threads, other bytes for another seed.
source "$KDSEG_TEST_LIB"
cohort=(--grid 24,28,20 --spacing 8 --cases 4 --gates report)
run "$BIN/phantom" "${cohort[@]}" --seed 3 --threads 1 --output-dir one
run "$BIN/phantom" "${cohort[@]}" --seed 3 --threads 2 --output-dir two
run "$BIN/phantom" "${cohort[@]}" --seed 4 --threads 2 --output-dir other
diff -r one two || fail "threads changed the bytes"
cmp -s one/HGG/*0001_1/*_t1.nii.gz other/HGG/*0001_1/*_t1.nii.gz && fail "the seed changed nothing"
grep -aq SYNTHETIC <(gzip -dc one/*/*0001_1/*_t1.nii.gz) || fail "the header does not say SYNTHETIC"
