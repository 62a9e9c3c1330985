#!/usr/bin/env bash
# A user's own arrays become volumes by docs/shell.md's script as printed.
source "$(dirname "$0")/common.bash"
phantom --grid 24,28,20 --spacing 8 --gates off --cases 3 --seed 1 --quiet --output-dir scans
preprocess --manifest data-manifest/brats-2018.yaml --root scans --output-dir volumes --quiet
python3 - <<'PY'
import glob, h5py, numpy as np, os
os.makedirs("arrays")
for path in glob.glob("volumes/*.h5"):
    with h5py.File(path) as v:
        channels = list(v.attrs["channels"])
        tumor = (v["label"][()] > 0).astype(int)
        np.savez(f"arrays/{os.path.basename(path)[:-3]}.npz", label=tumor, share=np.stack([1 - 0.75 * tumor, 0.75 * tumor]),
                 image=np.stack([v["image"][channels.index(c)] for c in ("flair", "t1")]).astype("f8"))
PY
printf 'name = own\nmask-channels = t1\n' > recipe.ini
page=$source_dir/docs/shell.md
section() { sed -n '/^## Volumes from h5py/,/^## A step of your own/p' "$page" | sed -n "/^\`\`\`$1/,/^\`\`\`/p" | grep -v '^```'; }
section python > volumes.py
section sh > lines.sh
[ "$(wc -l < lines.sh)" = 2 ] || fail "the page's lines were not found"
bash -eu lines.sh > log.txt 2>&1 || { cat log.txt; fail "the page's lines failed"; }
python3 - <<'PY'
import glob, h5py, numpy as np
paths = glob.glob("prepared/*.h5")
assert len(paths) == 3
for path in paths:
    with h5py.File(path) as made, h5py.File(path.replace("prepared", "own")) as own:
        assert list(made.attrs["channels"]) == ["flair", "t1"] and made["share"].dtype == np.uint16
        assert made["label"][()].sum() == own["label"][()].sum() > 0
        assert np.array_equal(made["share"][1], np.where(made["label"][()] == 1, 49151, 0))  # 0.75 of 65535
PY
