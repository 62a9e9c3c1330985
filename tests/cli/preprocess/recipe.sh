#!/usr/bin/env bash
# With a recipe the prepared volumes are stored; its size comes from the training cases alone.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
cat >scans.csv <<'END'
case,flair,t1ce,t1,t2,split
big,b.nii.gz,b.nii.gz,b.nii.gz,b.nii.gz,test
small,s.nii.gz,s.nii.gz,s.nii.gz,s.nii.gz,train
END
nifti b.nii.gz --size 40 24 24 --seed 1
nifti s.nii.gz --size 20 24 20 --seed 2
sed 's/^name = .*/name = test/' "$KDSEG_SOURCE_DIR/config/experiments/had-net/recipe.ini" >recipe.ini
run "$BIN/preprocess" --cases scans.csv --recipe recipe.ini --output-dir prepared
expect_stderr 'recipe recipe.ini \(id [0-9a-f]{16}\)'
direct=$(content_of)

# The same from source volumes.
run "$BIN/preprocess" --cases scans.csv --output-dir sources
run "$BIN/preprocess" --cases sources/cases.tsv --recipe recipe.ini --output-dir from-sources
expect_equal "$(content_of)" "$direct"
# 16 voxels of head in x and z, 20 in y: the fitted size states them; the larger test case is cut.
sed -i 's/^size = .*/size = 16 32 16/' recipe.ini
run "$BIN/preprocess" --cases sources/cases.tsv --recipe recipe.ini --output-dir stated
expect_equal "$(content_of)" "$direct"

expect_error 3 'prepared by recipe' "$BIN/preprocess" --cases prepared/cases.tsv --recipe <(
  echo 'size = 16 16 16') --output-dir twice
expect_error 2 'size = fit needs training cases' "$BIN/preprocess" --cases sources/cases.tsv \
  --where split=test --recipe <(echo 'name = test') --output-dir none
