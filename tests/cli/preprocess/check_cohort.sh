#!/usr/bin/env bash
# --check looks at every case, writes nothing, and fails only when a case is rejected.
source "$KDSEG_TEST_LIB"
manifest=$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml
make_cohort scans --cases 3 --seed 1
run "$BIN/preprocess" --manifest "$manifest" --root scans --check
expect_equal "$(wc -l <"$latest_out")" 4
expect_stdout $'^Brats18_[A-Za-z0-9_]+\t(HGG|LGG)\tok\t48x48x32\tflair,t1ce,t1,t2\t0,'
expect_stderr '3 cases found, BraTS 2018 has .*train 285'

odd=$(find scans -name '*_seg.nii.gz' | sort | sed -n 1p)
mv "$odd" "$(dirname "$odd")/W39_1998.09.19_Segm.nii.gz"
run "$BIN/preprocess" --manifest "$manifest" --root scans --check
expect_stdout 'segmentation taken from W39_1998.09.19_Segm.nii.gz'

rm "$(find scans -name '*_t2.nii.gz' | sort | tail -n 1)"
expect_error 3 '1 of 3 cases rejected' "$BIN/preprocess" --manifest "$manifest" --root scans --check
expect_stdout $'\trejected\t.*no t2 scan'
expect_equal "$(ls)" scans
