#!/usr/bin/env bash
# The three networks of model distillation train from their shipped settings, on patches and on stretched cubes; their mean
# predicts on the scans' own grid, whose shape each of them sees otherwise.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
folder=$KDSEG_SOURCE_DIR/config/experiments/model-distillation
tiny=$KDSEG_SOURCE_DIR/config/scales/tiny/model-distillation
# trained NAME [flags...]: one epoch with the settings files of a method, at tiny scale.
trained() {
  local name=$1
  shift
  run "$BIN/pretrain" --config "$folder/common.ini" "${files[@]}" --config "$tiny/$name.ini" "${cases[@]}" --epochs 1 \
    --device cpu --threads 1 "$@"
}
files=(--config "$folder/adam.ini" --config "$folder/unet.ini")
trained unet --output unet.h5
files=(--config "$folder/adam.ini" --config "$folder/residual.ini")
trained residual --describe
expect_stdout '^architecture +vae-unet \(t1,t1ce,t2,flair\)'
expect_stdout '^memory +about [0-9.]+ GiB'
trained residual --output residual.h5
first=$(content_of)
trained residual --output again.h5 --workers 2
expect_equal "$(content_of)" "$first" "latent samples and patches follow the step alone"
files=(--config "$folder/cascaded.ini")
trained cascaded --output cascaded.h5
for model in unet residual cascaded; do models+=(--model $model.h5); done
run "$BIN/ensemble-label" "${models[@]}" --cases volumes/cases.tsv --where split=val --output-dir mean --probability --device cpu
run "$BIN/evaluate" --cases volumes/cases.tsv --where split=val --prediction mean --output mean.csv
# Each of them says of what it cannot take.
sed 's/^size = .*/size = 64 64 40/' "$tiny/recipe-cube.ini" > flat.ini
files=(--config "$folder/cascaded.ini")
expect_error 3 '64x64x40 voxels, the network takes multiples of 32 from 64' "$BIN/pretrain" --config "$folder/common.ini" \
  "${files[@]}" --config "$tiny/cascaded.ini" "${cases[@]}" --recipe flat.ini --device cpu --output a.h5
printf '[network.cascaded-unet]\nhead = classes\n' > head.ini
expect_error 2 'head.ini:2: head is classes, the training.s is regions' "$BIN/pretrain" --config "$folder/common.ini" \
  "${files[@]}" --config "$tiny/cascaded.ini" --config head.ini "${cases[@]}" --device cpu --output a.h5
files=(--config "$folder/adam.ini" --config "$folder/residual.ini")
expect_error 2 'image-size is 40 40 40, expected 3 multiples of 16' "$BIN/pretrain" --config "$folder/common.ini" \
  "${files[@]}" --config "$tiny/residual.ini" "${cases[@]}" --patch 40,40,40 --device cpu --output a.h5
printf '[augment]\npatch-position = near-label\n' > near.ini
files=(--config "$folder/cascaded.ini")
expect_error 2 'near-label: stream cases draws no patches' "$BIN/pretrain" --config "$folder/common.ini" \
  "${files[@]}" --config "$tiny/cascaded.ini" --config near.ini "${cases[@]}" --device cpu --output a.h5
expect_no_file a.h5
