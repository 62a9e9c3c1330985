#!/usr/bin/env bash
# A network that makes FLAIR out of T1ce, its volumes, and a network that segments with the made FLAIR; wrong uses.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
cat > tiny.ini <<INI
recipe = $KDSEG_SOURCE_DIR/config/scales/tiny/kd-net/recipe.ini
width = 4
epochs = 4
learning-rate = 5e-3
INI
cat > loss.ini <<INI
[term.absolute-error]
weight = 1
INI
both=("${cases[@]}" --device cpu --threads 1)
make=("$BIN/pretrain" "${both[@]}" --config tiny.ini --channels t1ce --synthesize flair)
run "${make[@]}" --config loss.ini --output generator.h5 --history history.csv
python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("history.csv")))
first, best = float(rows[0]["mae-flair"]), max(float(r["score"]) for r in rows)
assert float(rows[0]["score"]) == -first, rows[0]
assert -best < first, rows  # it learns
PY
run "$BIN/ensemble-label" --model generator.h5 --cases volumes/cases.tsv --output-dir made
expect_stderr 'made: 5 volumes'
expect_file made/cases.tsv
cp volumes/cases.tsv expected.tsv
expect_same_file made/cases.tsv expected.tsv
python3 - <<'PY'
import glob, h5py, numpy as np
for path in glob.glob("made/*.h5"):
    old, new = (h5py.File(f"{folder}/{path[5:]}") for folder in ("volumes", "made"))
    assert list(new.attrs["channels"]) == [*old.attrs["channels"], "synthetic-flair"], path
    assert np.array_equal(new["image"][:4], old["image"][:]) and np.array_equal(new["label"][:], old["label"][:])
    assert np.isfinite(new["image"][4]).all() and np.ptp(new["image"][4]) > 0
PY
# The same command keeps what is there; the sheet goes on to the next program.
expect_error 2 'exists; choose another name, or --force' "$BIN/ensemble-label" --model generator.h5 --cases volumes/cases.tsv --output-dir made
train=("$BIN/pretrain" --cases made/cases.tsv --where split=train --validate split=val --device cpu --threads 1)
run "${train[@]}" --config tiny.ini --epochs 1 --channels t1ce,synthetic-flair --output student.h5
run "$BIN/ensemble-label" --model student.h5 --cases made/cases.tsv --where split=val --output-dir predictions
expect_file predictions/predictions.csv

# A case of its own: from the scan to the volume to the segmentation.
scan=$(ls "$PWD"/scans/*GG/*/*_t1ce.nii.gz | sed -n 1p)
run "$BIN/ensemble-label" --model generator.h5 --image "t1ce=$scan" --output case.h5
run "$BIN/ensemble-label" --model student.h5 --input case.h5 --output case.nii.gz

expect_error 2 'the loss is about classes; give \[term.absolute-error\]' "${make[@]}" --output none.h5
expect_error 2 'needs channels to be made; give --synthesize' "$BIN/pretrain" "${both[@]}" --config tiny.ini --config loss.ini --output none.h5
expect_error 2 'no classes' "${make[@]}" --config loss.ini --head regions --output none.h5
expect_error 2 '--synthesize t1ce: the network sees that channel' "${make[@]}" --config loss.ini --synthesize t1ce --output none.h5
expect_error 3 '--synthesize expects 1 \(pet\)' "$BIN/pretrain" "${both[@]}" --config tiny.ini --config loss.ini --channels t1ce --synthesize pet --output none.h5
expect_error 2 'makes channels \(synthetic-flair\), which are written into volumes' "$BIN/ensemble-label" --model generator.h5 --cases volumes/cases.tsv --output-dir none --nifti
expect_error 3 'generator.h5 makes channels' "$BIN/mcdropout" --model generator.h5 --cases volumes/cases.tsv --output-dir none
expect_error 3 'expected the same classes' "$BIN/ensemble-label" --model student.h5 --model generator.h5 --cases made/cases.tsv --output-dir none
expect_no_file none.h5
