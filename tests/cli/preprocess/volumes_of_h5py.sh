#!/usr/bin/env bash
# Volumes and predictions that h5py wrote, compressed, big-endian, without hash, seal and most attributes, serve as ours do.
source "$KDSEG_TEST_LIB"
make_cohort scans --cases 2 --gates off
run "$BIN/preprocess" --manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml" --root scans --split 1,1,0 --output-dir volumes
printf 'name = tiny\n' > recipe.ini
python3 - <<'PY'
import glob, h5py, numpy as np, os, shutil
for folder in ("own", "predictions", "own-predictions"):
    os.makedirs(folder)
shutil.copy("volumes/cases.tsv", "own")
for path in glob.glob("volumes/*.h5"):
    name = os.path.basename(path)
    with h5py.File(path) as old, h5py.File(f"own/{name}", "w") as new:
        new.create_dataset("image", data=old["image"][()].astype(">f8"), compression="gzip", shuffle=True, fletcher32=True, chunks=(1, 4, 8, 8))
        new.create_dataset("label", data=old["label"][()].astype("i8"), compression="gzip")
        new["brain"] = old["image"][0] != 0  # h5py stores truth values as an enumeration
        new.attrs["schema"] = "volume"
        new.attrs["channels"] = list(old.attrs["channels"])
        new.attrs["class-names"] = list(old.attrs["class-names"])
        new.attrs["class-codes"] = np.array(old.attrs["class-codes"], ">i2")
        new.attrs["regions"] = []
        new.attrs["spacing-mm"] = [4, 4, 4]
        new.attrs["recipe-id"] = "source"
        label = np.roll(old["label"][()], 1, 2)
        with h5py.File(f"predictions/{name}", "w") as p:
            p["label"] = label
            for key in ("case", "class-names", "class-codes", "regions", "chain", "size", "spacing-mm", "origin-mm", "direction"):
                p.attrs[key] = old.attrs[key]
            p.attrs["head"] = '{"kind":"softmax","names":["background","NCR","ED","ET"],"classes-of":[[0],[1],[2],[3]],"codes":[0,1,2,4]}'
            p.attrs["checkpoint-ids"], p.attrs["schema"], p.attrs["schema_version"] = ["rolled"], "prediction", "1.0"
        with h5py.File(f"own-predictions/{name}", "w") as p:
            p.create_dataset("label", data=label.astype(">i4"), compression="gzip")
            p.attrs["schema"], p.attrs["spacing-mm"] = "prediction", [4, 4, 4]
            p.attrs["class-names"], p.attrs["class-codes"] = list(old.attrs["class-names"]), list(old.attrs["class-codes"])
PY
run "$BIN/preprocess" --cases volumes/cases.tsv --recipe recipe.ini --output-dir prepared
run "$BIN/preprocess" --cases own/cases.tsv --recipe recipe.ini --output-dir own-prepared
python3 - <<'PY'
import glob, h5py, numpy as np
for path in glob.glob("prepared/*.h5"):
    with h5py.File(path) as a, h5py.File(f"own-{path}") as b:
        assert all(np.array_equal(a[name], b[name]) for name in ("image", "label", "brain")), path
        assert a.attrs["recipe-id"] == b.attrs["recipe-id"] and len(b.attrs["content_sha256"]) == 64
PY
score() { run "$BIN/evaluate" --cases "$1/cases.tsv" --prediction "$2" --regions WT=1,2,4 --output "$3"; }
score volumes predictions ours.csv
score own own-predictions own.csv
# Without a chain the grid is the scan's own: what counts voxels around differs, nothing else does.
expect_equal "$(grep -v ',spec,' own.csv)" "$(grep -v ',spec,' ours.csv)"

# What cannot be taken is told in one line.
refuse() { # PATTERN PYTHON: a sheet of one volume after a change
  python3 - "$2" <<'PY'
import glob, sys, h5py
with h5py.File(sorted(glob.glob("volumes/*.h5"))[0]) as old, h5py.File("odd.h5", "w") as f:
    for name in ("image", "label"):
        f[name] = old[name][()]
    for name, value in old.attrs.items():
        f.attrs[name] = value
    exec(sys.argv[1])
PY
  printf 'case\tfile\tstratum\tsplit\tfold\nodd\todd.h5\t\ttrain\t\n' > odd.tsv
  expect_error 3 "$1" "$BIN/preprocess" --cases odd.tsv --recipe recipe.ini --output-dir none
}
refuse "attribute 'schema'" 'del f.attrs["schema"]'
refuse "'spacing-mm' of / is missing" 'del f.attrs["spacing-mm"]'
refuse "'recipe-id' of / is missing" 'del f.attrs["recipe-id"]'
refuse "filter 'lzf' .*expected none, or gzip" 'x = f["image"][()]; del f["image"]; f.create_dataset("image", data=x, compression="lzf")'
refuse '/image has a data type that is not supported' 'x = f["image"][()]; del f["image"]; f["image"] = x.astype("c8")'
refuse '/label holds floating-point numbers' 'x = f["label"][()]; del f["label"]; f["label"] = x.astype("f4")'
refuse '/label holds class -1, class-names has 4' 'x = f["label"][()].astype("i2") - 1; del f["label"]; f["label"] = x'
refuse '/image: a value is 33554432' 'x = f["image"][()].astype("i8") + 2**25; x[x > 2**25] = 2**25; del f["image"]; f["image"] = x'
refuse 'the chain ends at' 'del f.attrs["size"]; x = f["image"][:, 1:]; y = f["label"][1:]; del f["image"], f["label"]; f["image"] = x; f["label"] = y'
expect_no_file none/odd.h5
