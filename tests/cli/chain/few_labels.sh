#!/usr/bin/env bash
# The README's five commands for a few labelled scans and many without run as printed: the student learns from both, and the
# scans without labels never had any.
source "$KDSEG_TEST_LIB"
run "$BIN/phantom" --grid 24,28,20 --spacing 8 --gates off --cases 6 --seed 2 --quiet --output-dir scans
printf 'case\tstratum\tsplit\tadc\tb1000\tlabel\n' > scans.tsv
n=0
for folder in scans/*GG/*/; do
  id=$(basename "$folder")
  label=$folder${id}_seg.nii.gz split=
  case $((n += 1)) in 1 | 2) split=train ;; 3) split=test ;; *) rm "$label"; label= ;; esac
  printf '%s\tsiteA\t%s\t%s\t%s\t%s\n' "$id" "$split" "$folder${id}_t2.nii.gz" "$folder${id}_flair.nii.gz" "$label" >> scans.tsv
done
sed 's/^mask-channels = any /mask-channels = adc /' "$KDSEG_SOURCE_DIR/config/templates/recipe.ini" > recipe.ini
sed -n '/^## Few labels, many scans/,/^## Any/p' "$KDSEG_SOURCE_DIR/README.md" | sed -n '/^```sh/,/^```/p' | grep -v '^```' > lines.sh
expect_equal "$(wc -l < lines.sh)" 5 "commands of the README"
# Only what differs between the reader's machine and this test is replaced: classes, sizes, folders.
sed -e 's#background=0,lesion=1#background=0,core=1,edema=2,rim=4#; s#workflow/scripts#'"$KDSEG_SOURCE_DIR"'/workflow/scripts#' \
  -e '/^pretrain/s#$# --width 4 --epochs 1 --device cpu#' lines.sh > chain.sh
PATH=$BIN:$PATH run bash -eu chain.sh
expect_equal "$(awk -F'\t' '$4 == "train"' all.tsv | wc -l)" 5 "training cases"
run "$BIN/ensemble-label" --model student.h5 --cases volumes/cases.tsv --where split=test --output-dir predictions --device cpu
run "$BIN/evaluate" --cases volumes/cases.tsv --where split=test --prediction predictions --output cases.csv
grep -q ',rim,dice,' cases.csv || fail "no Dice of the user's own class"
