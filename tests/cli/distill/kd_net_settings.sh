#!/usr/bin/env bash
# KD-Net's networks and losses: what is out of range or does not fit ends with the place and what would.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
folder=$KDSEG_SOURCE_DIR/config/experiments/kd-net
tiny=$KDSEG_SOURCE_DIR/config/scales/tiny/kd-net/recipe.ini
bare=(--cases volumes/cases.tsv --where split=train --device cpu --threads 1 --width 2 --epochs 1 --plateau off)
net=("${bare[@]}" --recipe "$tiny")
settings=(--config "$folder/common.ini" --config "$folder/network.ini" --config "$folder/gt.ini")
run "$BIN/pretrain" "${settings[@]}" --config "$folder/teacher.ini" "${net[@]}" --output teacher.h5
student=("$BIN/distill" "${settings[@]}" --config "$folder/student.ini" --config "$folder/kl.ini" --config "$folder/kd.ini")
run "${student[@]}" "${net[@]}" --teacher teacher.h5 --output student.h5
for wrong in 'temperature = 0' 'temperature = -5' 'weight = -1' 'weight = nan'; do
  printf '[term.soft-dice]\n%s\n' "$wrong" > wrong.ini
  expect_error 2 "wrong.ini:2.*${wrong%% *}" "${student[@]}" --config wrong.ini "${net[@]}" --teacher teacher.h5 --output a.h5
done
sed 's/^size.*/size = 80 64 64/' "$tiny" > odd.ini
expect_error 3 '40x32x32 voxels, the network takes multiples of 16 from 32' "$BIN/pretrain" "${settings[@]}" \
  --config "$folder/student.ini" "${bare[@]}" --recipe odd.ini --output a.h5
# Shared deep layers: copied and frozen.
run "${student[@]}" --config "$folder/shared.ini" "${net[@]}" --teacher teacher.h5 --output shared.h5
expect_error 2 "no part 'bot'.*bott" "${student[@]}" --copy-from-teacher bot "${net[@]}" --teacher teacher.h5 --output a.h5
expect_error 3 'copy-from-teacher enc1: .*conv1.conv.weight' "${student[@]}" --copy-from-teacher enc1 "${net[@]}" \
  --teacher teacher.h5 --output a.h5
# A head of regions for both.
expect_error 2 'head regions: the term cross-entropy' "$BIN/pretrain" --config "$folder/network.ini" "${net[@]}" \
  --head regions --output a.h5
expect_error 3 'teacher.h5: classes are background,NCR,ED,ET, --head regions expects WT,TC,ET' \
  "${student[@]}" "${net[@]}" --head regions --teacher teacher.h5 --output a.h5
regions=(--config "$folder/regions.ini")
run "$BIN/pretrain" "${settings[@]}" --config "$folder/teacher.ini" "${regions[@]}" "${net[@]}" --output regions.h5
run "${student[@]}" "${regions[@]}" "${net[@]}" --validate split=val --teacher regions.h5 --output by_region.h5
expect_error 3 'regions.h5: regions are WT,TC,ET, the volumes have background,NCR,ED,ET' \
  "${student[@]}" "${net[@]}" --teacher regions.h5 --output a.h5
# The student predicts from the volumes as they were scanned, and on the grid it was trained on.
for model in student by_region; do
  run "$BIN/ensemble-label" --model $model.h5 --cases volumes/cases.tsv --where split=val --output-dir scan-$model \
    --device cpu
  run "$BIN/evaluate" --cases volumes/cases.tsv --where split=val --prediction scan-$model --output scan-$model.csv
done
run "$BIN/preprocess" --cases volumes/cases.tsv --recipe "$tiny" --output-dir prepared
run "$BIN/ensemble-label" --model student.h5 --cases prepared/cases.tsv --where split=val --output-dir stored --device cpu
run "$BIN/evaluate" --cases prepared/cases.tsv --where split=val --prediction stored --grid stored --output stored.csv
# Half resolution: voxels of 8 times the volume, on both sides of the comparison.
expect_error 3 'the prediction has 32x32x32 .*the reference' "$BIN/evaluate" --cases volumes/cases.tsv --where split=val \
  --prediction stored --grid stored --output c.csv
expect_no_file a.h5
