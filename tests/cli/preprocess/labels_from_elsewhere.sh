#!/usr/bin/env bash
# Soft labels as 4D scans and predictions that h5py wrote become the labels of volumes; wrong sums, orders and grids are refused.
source "$KDSEG_TEST_LIB"
make_cohort scans --cases 2 --gates off
run "$BIN/preprocess" --manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml" --root scans --split 1,1,0 --output-dir volumes

# 0.7 for the class of the label and 0.1 for the others: as predictions on the volumes' grid, as scans on the scans' own.
python3 - <<'PY'
import csv, glob, gzip, h5py, numpy as np, os, struct
os.makedirs("predictions")
os.makedirs("nifti")
def shares(label, values):
    return np.stack([np.where(label == value, 0.7, 0.1) for value in values])
with open("scans.tsv", "w") as sheet, open("predicted.tsv", "w") as predicted:
    print("case", "flair", "t1", "t2", "t1ce", "share", sep="\t", file=sheet)
    print("case", "flair", "t1", "t2", "t1ce", "label", "share", sep="\t", file=predicted)
    for row in csv.DictReader(open("volumes/cases.tsv"), delimiter="\t"):
        case = row["case"]
        with h5py.File(f"volumes/{case}.h5") as old, h5py.File(f"predictions/{case}.h5", "w") as new:
            new["label"] = old["label"][()].astype("i8")
            new["probability"] = shares(old["label"][()], range(4))
            new.attrs["schema"] = "prediction"
            for name in ("class-names", "class-codes", "regions", "spacing-mm", "origin-mm", "chain"):
                new.attrs[name] = old.attrs[name]
        folder = glob.glob(f"scans/*/{case}")[0]
        raw = bytearray(gzip.open(f"{folder}/{case}_seg.nii.gz").read())
        label = np.frombuffer(bytes(raw[352:]), "u1")
        assert len(label) == np.prod(struct.unpack_from("<3h", raw, 42))
        struct.pack_into("<h", raw, 40, 4)
        struct.pack_into("<h", raw, 48, 4)
        struct.pack_into("<hh", raw, 70, 16, 32)
        for name, codes in ((case, [0, 1, 2, 4]), (f"turned-{case}", [4, 0, 2, 1])):
            gzip.open(f"nifti/{name}_prob.nii.gz", "wb").write(bytes(raw[:352]) + shares(label, codes).astype("<f4").tobytes())
        gzip.open(f"nifti/{case}.nii.gz", "wb").write(gzip.open(f"{folder}/{case}_seg.nii.gz").read())
        four = [f"{folder}/{case}_{channel}.nii.gz" for channel in ("flair", "t1", "t2", "t1ce")]
        print(case, *four, f"nifti/{case}_prob.nii.gz", sep="\t", file=sheet)
        print(case, *four, *[f"predictions/{case}.h5"] * 2, sep="\t", file=predicted)
PY
sed 's/nifti\//nifti\/turned-/' scans.tsv > turned.tsv
classes=(--classes NCR=1,ED=2,ET=4)
order=(--share-order background,NCR,ED,ET)
run "$BIN/preprocess" --cases scans.tsv "${classes[@]}" "${order[@]}" --output-dir from-scans
run "$BIN/preprocess" --cases turned.tsv "${classes[@]}" --share-order ET,background,ED,NCR --output-dir from-turned
run "$BIN/preprocess" --cases predicted.tsv --output-dir from-predictions
run "$BIN/preprocess" --cases volumes/cases.tsv --annotations predictions --output-dir from-folder
run "$BIN/preprocess" --cases scans.tsv --annotations nifti "${classes[@]}" "${order[@]}" --output-dir from-nifti
run "$BIN/preprocess" --cases scans.tsv "${classes[@]}" "${order[@]}" --check
expect_stdout 'ok.*soft labels'
image=(); for c in flair t1 t2 t1ce; do image+=(--image "$c=$(ls "$PWD"/scans/LGG/*/*_"$c.nii.gz" | head -n 1)"); done
single=$(basename "$(dirname "${image[1]#*=}")")
run "$BIN/preprocess" "${image[@]}" --label "predictions/$single.h5" --share "nifti/${single}_prob.nii.gz" "${order[@]}" \
  "${classes[@]}" --output single.h5
single=$single python3 - <<'PY'
import csv, h5py, numpy as np, os
def check(made, case, labelled):
    with h5py.File(made) as m, h5py.File(f"volumes/{case}.h5") as v:
        label = v["label"][()]
        expected = np.stack([np.where(label == k, 45875, 6554) for k in range(4)])  # of 65535
        assert list(m["share"].attrs["channels"]) == ["background", "NCR", "ED", "ET"], made
        where = slice(None)
        assert m["share"].shape == expected.shape and np.array_equal(m["share"], expected), made
        assert ("label" in m) == labelled and (not labelled or np.array_equal(m["label"], label)), made
for folder, labels in (("from-scans", None), ("from-turned", None), ("from-predictions", "annotation"),
                       ("from-folder", "annotation"), ("from-nifti", "annotation")):
    rows = list(csv.DictReader(open(f"{folder}/cases.tsv"), delimiter="\t"))
    assert len(rows) == 2
    for row in rows:
        assert row.get("labels") == labels, (folder, row)
        check(f"{folder}/{row['file']}", row["case"], labels is not None)
check("single.h5", os.environ["single"], True)
PY

# Refused, each in one line with what was expected.
prepare=("$BIN/preprocess" --output-dir none --cases scans.tsv "${classes[@]}")
expect_error 2 'what are the volumes of .*--share-order' "${prepare[@]}"
expect_error 3 'has 4 volumes, --share-order names 3' "${prepare[@]}" --share-order NCR,ED,ET
expect_error 3 "channel 'edema' is no region and no class" "${prepare[@]}" --share-order background,NCR,edema,ET
expect_error 2 'no case has a scan of soft labels' "$BIN/preprocess" --output-dir none --cases predicted.tsv "${order[@]}"
expect_error 2 'what do the codes of label .* mean' "$BIN/preprocess" --output-dir none --cases scans.tsv "${order[@]}"
expect_error 2 'share goes with --image' "${prepare[@]}" "${order[@]}" --share single.h5
expect_error 2 'no such folder' "$BIN/preprocess" --output-dir none --cases volumes/cases.tsv --annotations nowhere
mkdir empty
expect_error 3 'neither empty/.*h5 nor empty/.*nii.gz' "$BIN/preprocess" --output-dir none --cases volumes/cases.tsv --annotations empty
file=$(ls nifti/Brats*_prob.nii.gz | sed -n 1p)
cp "$file" kept.nii.gz
change() { # PYTHON: of the bytes b of the 4D scan, float32 from byte 352
  python3 - "$file" "$1" <<'PY'
import gzip, struct, sys
b = bytearray(gzip.open("kept.nii.gz").read())
exec(sys.argv[2])
gzip.open(sys.argv[1], "wb").write(b)
PY
}
change 'struct.pack_into("<f", b, 352, 1.5)'
expect_error 3 '1.5 at voxel \(0, 0, 0\) of channel background, expected 0 to 1' "${prepare[@]}" "${order[@]}" --threads 1
change 'struct.pack_into("<f", b, 352, 0.45)'
expect_error 3 'sum to 0.75 at voxel \(0, 0, 0\), expected 1 within' "${prepare[@]}" "${order[@]}" --threads 1
change 'struct.pack_into("<f", b, 292, 4.0); struct.pack_into("<f", b, 268, 4.0)'
expect_error 3 'does not lie where the scan lies: voxel centers lie up to .* mm .*--ignore-geometry' "${prepare[@]}" "${order[@]}" --threads 1
python3 - <<'PY'
import glob, h5py, os, shutil
for name in ("other-order", "no-shares"):
    shutil.copytree("predictions", name)
    for path in glob.glob(f"{name}/*.h5"):
        with h5py.File(path, "r+") as f:
            if name == "no-shares":
                del f["probability"]
            else:
                f.attrs["class-names"] = ["background", "ET", "ED", "NCR"]
                f.attrs["class-codes"] = [0, 4, 2, 9]
PY
sed 's/predictions/no-shares/g' predicted.tsv > no-shares.tsv
expect_error 3 'holds no probabilities; expected those of ensemble-label --probability' "$BIN/preprocess" --output-dir none --cases no-shares.tsv
expect_error 3 'unknown label codes 9 .*known: 0 1 2 4' "$BIN/preprocess" --output-dir none --cases volumes/cases.tsv --annotations other-order
run "$BIN/preprocess" --cases volumes/cases.tsv --annotations no-shares --output-dir hard
printf 'case\tfile\tstratum\tsplit\tfold\tlabels\na\ta.h5\t\ttrain\t\tguess\n' > odd.tsv
expect_error 3 "odd.tsv:2: case a has labels 'guess', expected truth, annotation or nothing" "$BIN/preprocess" --cases odd.tsv --sheet new.tsv --folds 2
expect_no_file new.tsv none/cases.tsv
