#!/usr/bin/env bash
# A 2D network from the slices of volumes: trained, stopped and continued, taught, and its slices stacked to volumes and scans.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
printf 'name = as-they-are\nmask-channels = any\nintensity = none\n' > as-they-are.ini
cat > slices.ini <<'INI'
recipe = as-they-are.ini
epochs = 2
learning-rate = 1e-3
[stream.slices]
unit = slice
batch = 4
[network.resunet2d]
width = 4
[term.cross-entropy]
[term.dice]
[augment]
rotation-deg = 10
INI
sheet=(--cases volumes/cases.tsv --where split=train --validate split=val --device cpu --threads 1)
train=("$BIN/pretrain" "${sheet[@]}" --config slices.ini --checkpoint-every 0)
run "${train[@]}" --describe
expect_stdout '^input +[0-9]+ x [0-9]+ pixels, batch 4$'
whole=$(content_of_run "${train[@]}" --output teacher.h5 --history teacher.csv)
killed_at_first_state TERM part.h5.run "${train[@]}" --output part.h5
expect_equal "$code" 75
expect_equal "$(content_of_run "${train[@]}" --output part.h5)" "$whole"
printf '[stream.slices]\npatch = 32 32\n' > cut.ini
run "${train[@]}" --config cut.ini --epochs 1 --output cut.h5

printf '[term.soft-dice]\n' > taught.ini
run "$BIN/distill" --teacher teacher.h5 "${sheet[@]}" --config slices.ini --config taught.ini --epochs 1 \
  --channels flair,t1,t2 --output student.h5

# A slice of the stack is what the network says of this slice alone: neighbors that change move nothing else.
predict=("$BIN/ensemble-label" --where split=val --device cpu --threads 1 --probability)
run "${predict[@]}" --cases volumes/cases.tsv --model teacher.h5 --output-dir predictions
cp -r volumes changed
python3 - <<'PY'
import glob, h5py
for path in glob.glob("changed/*.h5"):
    with h5py.File(path, "r+") as f:
        f["image"][:, 7] = f["image"][:, 7][:, ::-1]
        for name in [n for n in f.attrs if n == "content_sha256"]:
            del f.attrs[name]
PY
run "${predict[@]}" --cases changed/cases.tsv --model teacher.h5 --output-dir of-changed
python3 - <<'PY'
import glob, h5py, numpy as np
paths = glob.glob("predictions/*.h5")
assert len(paths) == 2
for path in paths:
    with h5py.File(path) as a, h5py.File(path.replace("predictions", "of-changed")) as b, \
         h5py.File(path.replace("predictions", "volumes")) as volume:
        assert a["probability"].shape[1:] == volume["image"].shape[1:]
        differs = (a["probability"][()] != b["probability"][()]).any(axis=(0, 2, 3))
        assert list(np.flatnonzero(differs)) == [7], differs
PY
run "${predict[@]}" --cases volumes/cases.tsv --model student.h5 --model teacher.h5 --output-dir of-both

# From scans to scans: on the grid of the scan.
single=$(awk 'NR == 2 { print $1 }' volumes/cases.tsv)
images=(); for c in flair t1 t2 t1ce; do images+=(--image "$c=$(ls scans/*/"$single/${single}_$c.nii.gz")"); done
run "$BIN/ensemble-label" --model teacher.h5 "${images[@]}" --device cpu --threads 1 --output label.nii.gz
python3 - "${images[1]#*=}" <<'PY'
import gzip, sys
scan, label = gzip.open(sys.argv[1]).read(348), gzip.open("label.nii.gz").read(348)
assert scan[40:48] == label[40:48] and scan[80:92] == label[80:92] and scan[280:328] == label[280:328]  # dim, pixdim, affine
PY

# What does not fit is told before a step.
printf '[stream.slices]\npatch = 24 24 8\n' > box.ini
expect_error 2 "\[stream.slices\].*patch" "${train[@]}" --config box.ini --output none.h5
printf '[stream.slices]\npatch = 20 20\n' > odd.ini
expect_error 3 '\[stream.slices\]: patch: 20x20x1 voxels, .*multiples of 16 from 32 in x and y' "${train[@]}" --config odd.ini --output none.h5
sed 's/resunet2d/had-net-unet/' slices.ini > deep.ini
expect_error 2 "\[stream.slices\]: network 'had-net-unet' takes volumes; expected unit = volume" "$BIN/pretrain" "${sheet[@]}" \
  --config deep.ini --output none.h5
printf 'recipe = as-they-are.ini\n[network.resunet2d]\nwidth = 4\n[term.cross-entropy]\n' > volumes.ini
expect_error 2 "network 'resunet2d' takes slices; expected unit = slice" "$BIN/pretrain" "${sheet[@]}" --config volumes.ini \
  --output none.h5
printf 'recipe = as-they-are.ini\n[network.had-net-unet]\nwidth = 2\n[term.soft-dice]\n' > deep.ini
expect_error 2 "network 'teacher' takes slices; expected unit = slice" "$BIN/distill" --teacher teacher.h5 "${sheet[@]}" \
  --config deep.ini --output none.h5
expect_no_file none.h5
