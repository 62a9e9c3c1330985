#!/usr/bin/env bash
# Settings and cases between which nothing can be translated, each named in one line.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/cyclegan-align/common.bash"
make_unpaired
change() { sed "$1" align.ini > changed.ini; refused=("$BIN/cyclegan-align" "${sheet[@]}" --config changed.ini --output a.h5); }
expect_error 2 'between two streams, there is none' "$BIN/cyclegan-align" "${sheet[@]}" --recipe slices.ini --output a.h5
change '/^\[stream.t\]/,/^unit/d'
expect_error 2 'between two streams, there is only a' "${refused[@]}"
change 's/^\[translation\]/[translation]\nfrom = t/'
expect_error 2 'from and to are both t' "${refused[@]}"
change 's/^\[translation\]/[translation]\nto = x/'
expect_error 2 "\[translation\]: to: no stream 'x', there are a, t" "${refused[@]}"
change 's/^\[translation\]/[translation]\ngan = wgan/'
expect_error 2 'wgan' "${refused[@]}"
change 's/^width = 2/widht = 2/'
expect_error 2 "did you mean 'width'" "${refused[@]}"
change 's/^where = kind=two/where = kind=three/'
expect_error 2 '\[stream.t\]: .*no case' "${refused[@]}"
change 's/^unit = slice/unit = volume/'
expect_error 2 'takes slices; expected unit = slice' "${refused[@]}"
change 's/^channels = t2/channels = t9/'
expect_error 3 'stream t expects 1 \(t9\)' "${refused[@]}"
# Sides that generators do not halve twice, and slices too small to judge.
sed 's/32 32/38 38/' slices.ini > odd.ini
change 's/slices.ini/odd.ini/'
expect_error 3 '38x38x1 voxels, the network takes multiples of 4' "${refused[@]}"
sed 's/32 32/28 28/' slices.ini > small.ini
change 's/slices.ini/small.ini/'
expect_error 3 '28x28 pixels, discriminators judge slices from 32x32' "${refused[@]}"
# The same people on both sides are not unpaired.
change 's/^where = kind=two/where = kind=one/'
expect_error 3 'are of one patient' "${refused[@]}"
awk -F'\t' -v OFS='\t' 'NR == 1 {print $0, "patient"; next} {print $0, NR == 2 || NR == 4 ? "P1" : NR}' \
  volumes/kinds.tsv > volumes/patients.tsv
expect_error 3 'are of one patient \(P1\)' "$BIN/cyclegan-align" --cases volumes/patients.tsv --threads 1 --config align.ini --output a.h5
change 's/^\[translation\]/[translation]\nfile = align.ini/'
expect_error 2 'would leave nothing to train' "${refused[@]}"
expect_error 2 '\-\-output is required' "${align[@]}"
expect_error 2 '\-\-nifti goes with --apply' "${align[@]}" --output a.h5 --nifti
expect_error 2 '\-\-direction goes with --apply' "${align[@]}" --output a.h5 --direction a-to-t
expect_no_file a.h5
