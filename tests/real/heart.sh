#!/usr/bin/env bash
# A real heart CT goes through the preparation of MKD, a few steps of its segmentor and prediction, back to NIfTI on the scan's
# grid. No accuracy is claimed: the masks are automatic, and the network saw this one scan.
source "$KDSEG_TEST_LIB"
scan=$SCANS/heart-ct/cta_image.nii.gz
"$PYTHON" - "$SCANS/heart-ct" <<'PY'
# The mask of the heart lies on a larger grid of the same voxels; the part that the scan shows, with the pulmonary artery as 2.
import gzip, struct, sys
import numpy as np

def read(name):
    raw = gzip.open(f"{sys.argv[1]}/{name}").read()
    shape = struct.unpack("<3h", raw[42:48])
    affine = np.array(struct.unpack("<12f", raw[280:328])).reshape(3, 4)
    return raw[:352], np.frombuffer(raw, np.uint8, offset=352, count=np.prod(shape)).reshape(shape[::-1]), affine

header = bytearray(gzip.open(f"{sys.argv[1]}/cta_image.nii.gz").read(352))
size = struct.unpack("<3h", header[42:48])
affine = np.array(struct.unpack("<12f", header[280:328])).reshape(3, 4)
_, heart, of_heart = read("cta_heart.nii.gz")
_, artery, _ = read("cta_pulmonary_artery.nii.gz")
offset = np.linalg.solve(of_heart[:, :3], affine[:, 3] - of_heart[:, 3])
x, y, z = np.rint(offset).astype(int)
assert np.abs(offset - [x, y, z]).max() < 1e-3 and min(x, y, z) >= 0, offset
label = heart[z:z + size[2], y:y + size[1], x:x + size[0]].copy()
label[artery > 0] = 2
header[70:74] = struct.pack("<2h", 2, 8)
header[112:120] = struct.pack("<2f", 1, 0)
gzip.open("label.nii.gz", "wb").write(bytes(header) + label.tobytes())
PY
printf 'case\tct\tlabel\tsplit\nheart\t%s\tlabel.nii.gz\ttrain\nagain\t%s\tlabel.nii.gz\tval\n' "$scan" "$scan" > scans.tsv
run "$BIN/preprocess" --cases scans.tsv --classes heart=1,PA=2 --output-dir volumes
sed 's/256 256/64 64/' "$KDSEG_SOURCE_DIR/config/experiments/mkd/recipe.ini" > recipe.ini
run "$BIN/preprocess" --cases volumes/cases.tsv --recipe recipe.ini --where split=train --output-dir prepared
cat > steps.ini <<'INI'
recipe = recipe.ini
epochs = 2
epoch-iterations = 3
learning-rate = 1e-3
plateau = off
[stream.slices]
unit = slice
batch = 4
[network.resunet2d]
width = 4
[term.cross-entropy]
[term.dice]
INI
run "$BIN/pretrain" --config steps.ini --cases volumes/cases.tsv --where split=train --validate split=val --device cpu --output heart.h5
run "$BIN/ensemble-label" --model heart.h5 --cases volumes/cases.tsv --where split=val --device cpu --nifti --output-dir nifti
# Without a label the middle of the scan serves, also straight from the scan.
sed 's/256 256/64 64/; s/crop-size = 160 150/crop-size = 120 130/' "$KDSEG_SOURCE_DIR/config/experiments/mkd/recipe-center.ini" > center.ini
run "$BIN/pretrain" --config steps.ini --recipe center.ini --cases volumes/cases.tsv --where split=train --validate split=val \
  --device cpu --epochs 1 --output center.h5
run "$BIN/ensemble-label" --model center.h5 --image ct="$scan" --device cpu --output center.nii.gz
expect_error 3 'crop = labels, but the case has no label' "$BIN/ensemble-label" --model heart.h5 --image ct="$scan" --device cpu \
  --output none.nii.gz

"$PYTHON" - "$scan" <<'PY'
import gzip, sys
import h5py, numpy as np
with h5py.File("prepared/heart.h5") as f:
    image, label = f["image"][0], f["label"][()]
assert image.shape[1:] == (64, 64) and image.shape == label.shape
assert image.min() == -1 and image.max() == 1, "ranges were learnt from this scan"
y, x = np.flatnonzero(label.any((0, 2))), np.flatnonzero(label.any((0, 1)))
side = max(x[-1] - x[0], y[-1] - y[0]) + 1
assert abs(64 / side - 1.25) < 0.06, side
assert abs((x[0] + x[-1]) / 2 - 31.5) < 1.5 and abs((y[0] + y[-1]) / 2 - 31.5) < 1.5
# In the middle of the heart blood with contrast agent is brighter than the lungs around it.
assert image[label > 0].mean() > image[label == 0].mean() + 0.2
scan = gzip.open(sys.argv[1]).read(352)
for name in ("nifti/again.nii.gz", "center.nii.gz"):
    raw = gzip.open(name).read()
    assert raw[40:48] == scan[40:48], name
    assert np.allclose(np.frombuffer(raw[280:328], "<f4"), np.frombuffer(scan[280:328], "<f4"), atol=1e-4), name
    assert set(raw[352:]) <= {0, 1, 2}, name
PY
