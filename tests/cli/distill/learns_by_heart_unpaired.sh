#!/usr/bin/env bash
# The networks, losses and order of MKD fit together when quarter-width networks learn two pairs of ellipses by heart, bright
# in one kind of images and dark in the other: both segment what they were trained on, and translating there and back
# leaves less than a quarter of the first error.
source "$KDSEG_TEST_LIB"
python3 - <<'PY'
# Two cases of each kind, 64 x 64 x 8 voxels of 2 mm: an ellipse (1) with another inside (2), no two alike.
import gzip, random, struct
random.seed(5)
side, slices = 64, 8

def write(name, code, values):
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, 3, side, side, slices, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, code, 32)
    struct.pack_into("<8f", header, 76, 1, 2, 2, 2, 1, 1, 1, 1)
    struct.pack_into("<fff", header, 108, 352, 1, 0)
    struct.pack_into("<B", header, 123, 2)
    struct.pack_into("<hh", header, 252, 0, 1)
    for row in range(3):
        axis = [0, 0, 0, 0]
        axis[row] = -2 if row < 2 else 2
        struct.pack_into("<4f", header, 280 + 16 * row, *axis)
    header[344:348] = b"n+1\0"
    with gzip.open(name, "wb") as out:
        out.write(header + struct.pack("<%d%s" % (len(values), "f" if code == 16 else "i"), *values))

def inside(x, y, middle, radii):
    return ((x - middle[0]) / radii[0]) ** 2 + ((y - middle[1]) / radii[1]) ** 2 < 1

with open("scans.tsv", "w") as sheet:
    sheet.write("case\tcohort\timage\tlabel\n")
    for case, (kind, levels) in enumerate([("ct", (0.2, 0.5, 0.9)), ("ct", (0.2, 0.5, 0.9)),
                                           ("mr", (0.8, 0.5, 0.1)), ("mr", (0.8, 0.5, 0.1))]):
        middle = [32 + random.uniform(-6, 6), 32 + random.uniform(-6, 6)]
        radii = [random.uniform(14, 20), random.uniform(14, 20)]
        image, label = [], []
        for z in range(slices):
            size = 1 - 0.06 * abs(z - 3.5)
            for y in range(side):
                for x in range(side):
                    k = inside(x, y, middle, [r * size for r in radii])
                    k += inside(x, y, middle, [0.5 * r * size for r in radii])
                    image.append(100 * levels[k] + random.gauss(0, 0.5))
                    label.append(int(k))
        write(f"{case}.nii.gz", 16, image)
        write(f"{case}-label.nii.gz", 8, label)
        sheet.write(f"{case}\t{kind}\t{case}.nii.gz\t{case}-label.nii.gz\n")
PY
run "$BIN/preprocess" --cases scans.tsv --classes background=0,outer=1,inner=2 --output-dir volumes --quiet
settings=$KDSEG_SOURCE_DIR/config/experiments/mkd
cat > recipe.ini <<'INI'
name = ellipses
mask-channels = any
crop = none
size = any
intensity = range
clip-percentile = 99.5
ranges = fit
slice-size = 64 64
INI
cat > small.ini <<'INI'
[network.real]
width = 4
[network.syn]
width = 4
[generator]
width = 8
[discriminator]
width = 16
[stream.a]
channels = image
[stream.t]
channels = image
[augment]
flip-axis = none
affine-probability = 0
INI
run "$BIN/distill" --config "$settings"/common.ini --config "$settings"/t-ct.ini --config "$settings"/a-mr.ini \
  --config "$settings"/alignment.ini --config "$settings"/mkd.ini --config small.ini --cases volumes/cases.tsv \
  --recipe recipe.ini --epochs 100 --epoch-iterations 3 --batch 4 --learning-rate 2e-3 --device cpu --threads 1 --seed 1 \
  --history history.csv --output network.h5 --quiet
python3 - <<'PY'
import csv
rows = list(csv.DictReader(open("history.csv")))
cycle = [float(row["cycle-a"]) + float(row["cycle-t"]) for row in rows]
assert cycle[-1] < 0.25 * cycle[0], cycle
PY
# learnt NETWORK SHEET FLAGS...: both cases and structures above 0.9.
learnt() {
  run "$BIN/ensemble-label" --model network.h5 --network "$1" --cases "$2" "${@:3}" --output-dir "$1" --threads 1
  run "$BIN/evaluate" --cases "$2" "${@:3}" --prediction "$1" --output "$1.csv" --quiet
  python3 - "$1.csv" <<'PY'
import csv, sys
rows = [row for row in csv.DictReader(open(sys.argv[1])) if row["metric"] == "dice"]
assert len(rows) == 4, rows
assert all(float(row["value"]) > 0.9 for row in rows), rows
PY
}
learnt real volumes/cases.tsv --where cohort=ct
# What syn was trained on are translations.
run "$BIN/cyclegan-align" --apply network.h5 --direction a-to-t --cases volumes/cases.tsv --where cohort=mr \
  --output-dir translated --threads 1
learnt syn translated/cases.tsv
