#!/usr/bin/env bash
# Own channels, labels and split: the README's sheet of scans goes through teacher and student.
source "$KDSEG_TEST_LIB"
run "$BIN/phantom" --grid 24,28,20 --spacing 8 --gates off --cases 6 --seed 2 --quiet --output-dir scans
printf 'case\tstratum\tsplit\tadc\tb1000\tlabel\n' > scans.tsv
n=0
for folder in scans/*GG/*/; do
  id=$(basename "$folder")
  split=train
  [ $((n += 1)) -gt 4 ] && split=test
  printf '%s\tsiteA\t%s\t%s\t%s\t%s\n' "$id" $split "$folder${id}_t2.nii.gz" "$folder${id}_flair.nii.gz" "$folder${id}_seg.nii.gz" >> scans.tsv
done
run "$BIN/preprocess" --cases scans.tsv --classes background=0,core=1,edema=2,rim=4 --output-dir volumes
sed 's/^mask-channels = any /mask-channels = adc /' "$KDSEG_SOURCE_DIR/config/templates/recipe.ini" > recipe.ini
grep -q '^mask-channels = adc' recipe.ini || fail 'the template has another line for mask-channels'
learn=(--cases volumes/cases.tsv --where split=train --recipe recipe.ini --width 4 --epochs 1 --device cpu)
run "$BIN/pretrain" "${learn[@]}" --channels adc,b1000 --output teacher.h5
printf '[adversary]\nnetwork = hierarchical-discriminator\n' > distill.ini
run "$BIN/distill" "${learn[@]}" --config distill.ini --channels adc --teacher teacher.h5 --output student.h5
run "$BIN/ensemble-label" --model student.h5 --cases volumes/cases.tsv --where split=test --output-dir predictions
run "$BIN/evaluate" --cases volumes/cases.tsv --where split=test --prediction predictions --output cases.csv --summary s.json
grep -q ',rim,dice,' cases.csv || fail "no Dice of the user's own class"
