#!/usr/bin/env bash
# The labels of a pool are never opened: with them taken out of the volumes, training on labelled cases, annotating the
# pool and training on both give the same checkpoints. A training that would read them is refused in one line.
source "$KDSEG_TEST_LIB"
make_cohort scans --cases 6 --gates off
run "$BIN/preprocess" --manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml" --root scans --split 5,0,1 --pool train=3 \
  --output-dir volumes --quiet
sed 's/^name = .*/name = tiny/' "$KDSEG_SOURCE_DIR/config/experiments/had-net/recipe.ini" > recipe.ini
cp -r volumes bare
for case in $(awk -F'\t' '$6 == "yes" {print $1}' bare/cases.tsv); do
  python3 -c "import h5py, sys; file = h5py.File(sys.argv[1], 'r+'); del file['label']" "bare/$case.h5"
done
learn=(--recipe recipe.ini --epochs 1 --width 2 --device cpu --threads 1 --seed 3)
for kind in volumes bare; do
  sheet=(--cases "$kind/cases.tsv")
  run "$BIN/pretrain" "${sheet[@]}" --where split=train --where 'pool!=yes' "${learn[@]}" --output "$kind-teacher.h5"
  run "$BIN/ensemble-label" --model "$kind-teacher.h5" "${sheet[@]}" --where pool=yes --annotate hard --device cpu \
    --output-dir "$kind-annotated"
  run python3 "$KDSEG_SOURCE_DIR/workflow/scripts/sheet.py" annotated "$kind/cases.tsv" "$kind-annotated/cases.tsv" --output "$kind.tsv"
  run "$BIN/pretrain" --cases "$kind.tsv" --where split=train --channels flair,t1,t2 "${learn[@]}" --output "$kind-student.h5"
  expect_equal "$(grep -c . "$kind.tsv")" 7
done
python3 - <<'PY'
import h5py, numpy as np
def parameters(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) and "parameters/" in name else None)
        return found, {c.decode() if isinstance(c, bytes) else c for c in file.attrs["trained-on"]}
for network, cases in (("teacher", 2), ("student", 5)):
    (one, seen), (other, _) = (parameters(f"{kind}-{network}.h5") for kind in ("volumes", "bare"))
    assert one and one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one), network
    assert len(seen) == cases, (network, seen)
PY
first=$(awk -F'\t' '$6 == "yes" {print $1; exit}' volumes/cases.tsv)
expect_error 3 "case $first is in the pool \(column pool\) and its labels would be read; expected --where pool!=yes" \
  "$BIN/pretrain" --cases volumes/cases.tsv --where 'split!=test' "${learn[@]}" --output refused.h5
expect_no_file refused.h5
