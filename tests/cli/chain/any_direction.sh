#!/usr/bin/env bash
# The README's lines that keep FLAIR alone, drop one sequence, and use channels of one's own, on tiny volumes.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
cat > tiny.ini <<INI
recipe = $KDSEG_SOURCE_DIR/config/scales/tiny/kd-net/recipe.ini
width = 2
epochs = 1
plateau = off
INI
sed -n '/^## Any direction/,/^## Reading/p' "$KDSEG_SOURCE_DIR/README.md" |
  sed -n '/^```sh/,/^```/p' | grep -v '^```' > lines.sh
expect_equal "$(wc -l < lines.sh)" 6 "lines in the README"
sed -e "s#config/experiments#$KDSEG_SOURCE_DIR/config/experiments#g; /^pretrain\|^distill/s#\$# --config tiny.ini#" \
  lines.sh > chain.sh
cp "$(ls scans/*GG/*/*_flair.nii.gz | sed -n 1p)" scan.nii.gz
PATH=$BIN:$PATH run bash -eu chain.sh
expect_file teacher.h5 flair.h5 without-t1ce.h5 segmentation.nii.gz
run "$BIN/ensemble-label" --model without-t1ce.h5 --cases volumes/cases.tsv --where split=val --output-dir predictions
expect_error 2 "no model has a channel 't1'; known: flair" "$BIN/ensemble-label" --model flair.h5 --image t1=scan.nii.gz --output other.nii.gz

# Channels of one's own: the same volumes, imported under other names.
{
  printf 'case\tadc\tb1000\tlabel\n'
  for folder in "$PWD"/scans/*GG/*/; do
    name=$(basename "$folder")
    printf '%s\t%s\t%s\t%s\n' "$name" "$folder/${name}_t2.nii.gz" "$folder/${name}_flair.nii.gz" "$folder/${name}_seg.nii.gz"
  done
} > scans.tsv
run "$BIN/preprocess" --cases scans.tsv --classes background=0,core=1,edema=2,rim=4 --split 3,2,0 --output-dir own
sed -e 's#volumes/cases.tsv#own/cases.tsv#; s#t1,t2,t1ce,flair#adc,b1000#; s#--channels flair#--channels adc#' \
  -e 's#flair=scan#adc=scan#; s#\(teacher\|flair\|segmentation\)\.\(h5\|nii\)#own-\1.\2#g; /without-t1ce/d' chain.sh > own.sh
PATH=$BIN:$PATH run bash -eu own.sh
expect_file own-flair.h5 own-segmentation.nii.gz
