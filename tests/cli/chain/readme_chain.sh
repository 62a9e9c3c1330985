#!/usr/bin/env bash
# The lines of the README that need no Snakemake run as printed, on a tiny synthetic cohort.
source "$KDSEG_TEST_LIB"
run "$BIN/phantom" --grid 24,28,20 --spacing 8 --gates off --cases 8 --seed 1 --quiet --output-dir scans
cat > tiny.ini <<'INI'
[pretrain]
width = 4
epochs = 1
[distill]
width = 4
epochs = 1
INI
sed -n '/^## The same chain without Snakemake/,/^## /p' "$KDSEG_SOURCE_DIR/README.md" |
  sed -n '/^```sh/,/^```/p' | grep -v '^```' > lines.sh
expect_equal "$(wc -l < lines.sh)" 8 "lines of the chain in the README"
# Only what differs between the reader's machine and this test is replaced: data, sizes, folders.
sed -e "s#/data/BraTS2019#scans#; s#brats-2019#brats-2018#; s#200,66,69#4,2,2#; s#--samples 100#--samples 3#" \
  -e "s#data-manifest/#$KDSEG_SOURCE_DIR/data-manifest/#; s#config/experiments#$KDSEG_SOURCE_DIR/config/experiments#" \
  -e "/^pretrain\|^distill/s#\$# --config tiny.ini#" lines.sh > chain.sh
PATH=$BIN:$PATH run bash -eu chain.sh
expect_file teacher.h5 start.h5 student.h5 cases.csv summary.json uncertainty.csv
grep -q '^[^,]*,ET,qu_score,' uncertainty.csv || fail "no uncertainty score of ET"
expect_equal "$(ls predictions/*.h5 | wc -l)" 2 "predictions of the test cases"

# The README's prediction straight from scans: same shape and place as the scan.
scan=$(ls scans/*GG/*/*_flair.nii.gz | sed -n 1p)
run "$BIN/ensemble-label" --model student.h5 --image flair="$scan" --image t1="${scan/_flair/_t1}" \
  --image t2="${scan/_flair/_t2}" --output segmentation.nii.gz
expect_file segmentation.nii.gz
