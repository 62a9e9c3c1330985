#!/usr/bin/env bash
# A sheet that names scans per case becomes volumes; split, stratum and free columns come along.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
mkdir scans
for p in 1 2 3; do
  nifti "scans/$p-flair.nii.gz" --seed "$p"
  nifti "scans/$p-t1.nii.gz" --seed "1$p"
  nifti "scans/$p-seg.nii.gz" --kind label --type uint8
done
{
  printf 'case\tflair\tt1\tlabel\tstratum\tsplit\n'
  for p in 1 2 3; do
    printf 'p%s\t%s-flair.nii.gz\t%s-t1.nii.gz\t%s-seg.nii.gz\tHGG\ttrain\n' $p $p $p $p
  done
} >scans/scans.tsv
run "$BIN/preprocess" --cases scans/scans.tsv --classes NCR=1,ED=2,ET=4 --output-dir volumes
expect_equal "$(sed -n 2p volumes/cases.tsv)" $'p1\tp1.h5\tHGG\ttrain\t'
expect_file volumes/p1.h5 volumes/p2.h5 volumes/p3.h5

# With a manifest only its modalities are scans; half precision and a selection on the way.
sed 's/\tt1\t/\tage\t/; s/-t1.nii.gz/0/' scans/scans.tsv >scans/ages.tsv
expect_error 3 "t1ce" "$BIN/preprocess" --cases scans/ages.tsv --output-dir other \
  --manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml"
run "$BIN/preprocess" --cases scans/scans.tsv --classes NCR=1,ED=2,ET=4 --output-dir half \
  --store f16 --case p2
expect_equal "$(ls half | tr '\n' ' ')" 'cases.tsv p2.h5 '
