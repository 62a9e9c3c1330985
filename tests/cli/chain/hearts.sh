#!/usr/bin/env bash
# Hearts of two modalities, other people in each: one sheet with a column that tells them apart, slices around the heart, a network
# of each stream's range, and predictions on the scans' own grids, also where axes are turned.
source "$KDSEG_TEST_LIB"
manifests=$KDSEG_SOURCE_DIR/data-manifest
run "$BIN/phantom" --anatomy heart --spacing 6 --cases 3 --seed 4 --gates off --quiet --output-dir scans
for modality in ct mr; do
  run "$BIN/preprocess" --manifest "$manifests/mm-whs-2017-$modality.yaml" --root scans --output-dir "$modality"
done
{
  printf 'case\tfile\tstratum\tsplit\tfold\tcohort\n'
  for modality in ct mr; do
    awk -F'\t' -v OFS='\t' -v m="$modality" \
      'NR > 1 {print $1, m "/" $2, "", NR == 4 ? "val" : "train", "", m}' "$modality/cases.tsv"
  done
} > hearts.tsv
sed 's/256 256/48 48/; s/spacing = 1 1 1/spacing = 4 4 4/' "$KDSEG_SOURCE_DIR/config/experiments/mkd/recipe.ini" > recipe.ini
cat > slices.ini <<'INI'
recipe = recipe.ini
epochs = 1
epoch-iterations = 2
learning-rate = 1e-3
[stream.slices]
unit = slice
batch = 4
where = cohort=mr
channels = mr
[network.resunet2d]
width = 4
[term.cross-entropy]
[term.dice]
INI
train=("$BIN/pretrain" --cases hearts.tsv --where split=train --validate split=val,cohort=mr --device cpu --threads 1 --config slices.ini)
run "${train[@]}" --output mr.h5
run "$BIN/ensemble-label" --model mr.h5 --cases hearts.tsv --where cohort=mr --where split=val --device cpu --threads 1 \
  --nifti --output-dir nifti
python3 - scans/mr_train/mr_train_1003_image.nii.gz nifti/mr_train_1003.nii.gz <<'PY'
# The third MR case is stored along other axes; its prediction lies on them, with the codes of the data set.
import gzip, struct, sys
scan, label = (gzip.open(path).read() for path in sys.argv[1:])
assert scan[40:48] == label[40:48], "shape"
for a, b in zip(struct.unpack("<12f", scan[280:328]), struct.unpack("<12f", label[280:328])):
    assert abs(a - b) < 1e-4
kind = {2: "B", 4: "h", 512: "H"}[struct.unpack("<h", label[70:72])[0]]
count = (len(label) - 352) // struct.calcsize(kind)
assert set(struct.unpack(f"<{count}{kind}", label[352:])) <= {0, 205, 420, 500, 550, 600, 820, 850}
PY

# The network knows the range of one modality; slices have sides that it can halve four times.
expect_error 3 "no channel 'mr'|expects.*mr" "$BIN/ensemble-label" --model mr.h5 --cases hearts.tsv --where cohort=ct --device cpu \
  --threads 1 --output-dir none
sed 's/slice-size = 48 48/slice-size = 50 50/' recipe.ini > odd.ini
expect_error 3 '50x50.*multiples of 16' "${train[@]}" --recipe odd.ini --output none.h5
expect_error 2 'no case .*cohort=pet' "${train[@]}" --where cohort=pet --output none.h5
sed 's/ranges = fit/ranges = ct -2.8 3.2/' recipe.ini > of-ct.ini
expect_error 3 "no range for channel 'mr', only ct -2.8 3.2" "${train[@]}" --recipe of-ct.ini --output none.h5
expect_no_file none.h5 none
