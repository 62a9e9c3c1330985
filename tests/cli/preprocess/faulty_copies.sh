#!/usr/bin/env bash
# Known faults of copies of BraTS are repaired and named; what is ambiguous is rejected.
source "$KDSEG_TEST_LIB"
manifest=$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml
make_cohort sound --cases 7 --seed 5
run "$BIN/preprocess" --manifest "$manifest" --root sound --output-dir sound-volumes
make_cohort faulty --cases 7 --seed 5 --plant odd-seg-name=1 --plant plain-nii=2 \
  --plant prefix-case=3 --plant header-mismatch=4 --plant negative-voxels=5 \
  --plant extreme-maximum=6 --plant double-folder
run "$BIN/preprocess" --manifest "$manifest" --root faulty --output-dir volumes
expect_stderr 'SYN[0-9]+_0001_1: segmentation taken from W39_1998.09.19_Segm.nii'
expect_stderr '_0003_1: upper and lower case'
expect_stderr '_0004_1: headers differ'
expect_stderr '_0005_1: negative voxels'
expect_stderr '_0006_1: extreme maxima'
expect_equal "$(grep -c 'warning: case' "$latest_err")" 5
expect_equal "$(tail -n +2 volumes/cases.tsv | wc -l)" 7

# Repaired cases hold what the sound ones hold.
for n in 1 2 7; do
  sound=$(find sound-volumes -name "*_000${n}_1.h5")
  cat >"$n.tsv" <<END
case	file	stratum	split	fold
$(basename "$sound" .h5)	$(basename "$sound")			
END
  for folder in sound-volumes volumes; do
    cp "$n.tsv" "$folder/one.tsv"
    run "$BIN/preprocess" --cases "$folder/one.tsv" --output-dir "copy-$folder-$n"
    content_of >"$folder-$n.txt"
  done
  expect_same_file "sound-volumes-$n.txt" "volumes-$n.txt"
done

make_cohort ambiguous --cases 2 --seed 5 --plant two-seg-candidates=1
expect_error 3 '_0001_1: no segmentation' "$BIN/preprocess" --manifest "$manifest" \
  --root ambiguous --output-dir none
