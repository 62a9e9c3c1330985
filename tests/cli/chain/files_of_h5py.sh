#!/usr/bin/env bash
# Networks train on volumes that h5py wrote, and predict and teach from checkpoints that it wrote, as from ours.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
train=(--where split=train --validate split=val --device cpu --threads 1 --config settings.ini --epochs 1)
expected=$(content_of_run "$BIN/pretrain" --cases volumes/cases.tsv "${train[@]}" --output ours.h5)

# Volumes: compressed, big-endian, of wide types, with what cannot be left out and the regions.
python3 - <<'PY'
import glob, h5py, os, shutil
os.makedirs("own")
shutil.copy("volumes/cases.tsv", "own/cases.tsv")
for path in glob.glob("volumes/*.h5"):
    with h5py.File(path) as old, h5py.File(path.replace("volumes", "own"), "w") as new:
        new.create_dataset("image", data=old["image"][()].astype(">f8"), compression="gzip", shuffle=True, chunks=(1, 4, 8, 8))
        new.create_dataset("label", data=old["label"][()].astype("i8"), compression="gzip")
        new["brain"] = (old["image"][0] != 0)  # h5py stores truth values as an enumeration
        new.attrs["schema"] = "volume"
        new.attrs["channels"] = list(old.attrs["channels"])
        new.attrs["class-names"] = list(old.attrs["class-names"])
        new.attrs["class-codes"] = [int(c) for c in old.attrs["class-codes"]]
        new.attrs["regions"] = list(old.attrs["regions"])
        new.attrs["spacing-mm"] = [1, 1, 1]
        new.attrs["recipe-id"] = "source"
PY
found=$(content_of_run "$BIN/pretrain" --cases own/cases.tsv "${train[@]}" --output own-volumes.h5)
expect_equal "$found" "$expected" "training sees the same voxels"
# The hash that is missing is made: a changed voxel is another run, an unchanged one is not repeated.
run "$BIN/pretrain" --cases own/cases.tsv "${train[@]}" --output own-volumes.h5 --force
expect_stderr 'this training was finished before'
case=$(awk 'NR == 2 { print $1 }' own/cases.tsv)
python3 -c "
import h5py
with h5py.File('own/$case.h5', 'r+') as f: f['image'][0, 10, 10, 10] += 1"
changed=$(content_of_run "$BIN/pretrain" --cases own/cases.tsv "${train[@]}" --output own-volumes.h5 --force)
[[ $changed != "$expected" ]] || fail "a changed volume was taken for the former one"

# Checkpoints: the same parameters in other types, without what need not be there.
python3 - <<'PY'
import h5py
with h5py.File("ours.h5") as old, h5py.File("own.h5", "w") as new:
    for group in ("parameters", "buffers"):
        for name, data in old.get(group, {}).items():
            new.create_dataset(f"{group}/{name}", data=data[()].astype(">f8" if data.dtype.kind == "f" else ">i8"))
    new.attrs["schema"] = "checkpoint"
    for name in ("network", "channels", "recipe", "head"):
        new.attrs[name] = old.attrs[name]
    new.attrs["network-settings"] = list(old.attrs["network-settings"])
PY
predict=("$BIN/ensemble-label" --cases volumes/cases.tsv --where split=val --device cpu --threads 1 --probability)
run "${predict[@]}" --model ours.h5 --output-dir predictions
run "${predict[@]}" --model own.h5 --output-dir predictions-of-own
python3 - <<'PY'
import glob, h5py, numpy as np
paths = glob.glob("predictions/*.h5")
assert len(paths) == 2
for path in paths:
    with h5py.File(path) as a, h5py.File(path.replace("predictions", "predictions-of-own")) as b:
        assert np.array_equal(a["probability"], b["probability"]) and a["label"][()].any(), path
PY
printf '[term.soft-dice]\n' > distil.ini
run "$BIN/distill" --teacher own.h5 --cases volumes/cases.tsv "${train[@]}" --config distil.ini --channels flair,t1,t2 \
  --output student.h5
expect_file student.h5
