#!/usr/bin/env bash
# Mirrored passes are the mean over all sides; small regions and specks go from labels, never from probabilities.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network net.h5 flair,t1,t2
label=("$BIN/ensemble-label" --model net.h5 "${on_cpu[@]}" --where split=val)
whole=("${label[@]}" --cases volumes/cases.tsv)
run "${whole[@]}" --probability --output-dir plain
run "${whole[@]}" --probability --mirror x --output-dir mirrored
# A case that is mirrored as a whole is answered mirrored.
python3 - <<'PY'
import glob, h5py, os, shutil
os.makedirs("turned")
shutil.copy("volumes/cases.tsv", "turned/cases.tsv")
for path in glob.glob("volumes/*.h5"):
    with h5py.File(path) as old, h5py.File(path.replace("volumes", "turned"), "w") as new:
        for name in [n for n in old if n != "provenance"]:
            new[name] = old[name][()][..., ::-1]
        for name, value in old.attrs.items():
            if name != "content_sha256":
                new.attrs[name] = value
PY
run "${label[@]}" --cases turned/cases.tsv --probability --output-dir turned-plain
run "${whole[@]}" --probability --least-region ET=12400:NCR,TC=25000 --least-component 0.05 --output-dir mended
run "${whole[@]}" --annotate hard --least-region ET=12400:NCR,TC=25000 --least-component 0.05 --output-dir annotated
python3 - <<'PY'
import glob, h5py, numpy as np
from collections import deque

def components(mask):
    """Sizes of the 26-connected components, and each voxel's."""
    left, size = set(map(tuple, np.argwhere(mask))), {}
    while left:
        queue, found = deque([left.pop()]), []
        while queue:
            z, y, x = queue.popleft()
            found.append((z, y, x))
            for dz in (-1, 0, 1):
                for dy in (-1, 0, 1):
                    for dx in (-1, 0, 1):
                        one = (z + dz, y + dy, x + dx)
                        if one in left:
                            left.remove(one)
                            queue.append(one)
        for voxel in found:
            size[voxel] = len(found)
    return size

regions = specks = 0
for path in glob.glob("plain/*.h5"):
    read = lambda folder, name: h5py.File(path.replace("plain", folder))[name][()]
    plain, mirrored, turned = (read(f, "probability").astype("f8") for f in ("plain", "mirrored", "turned-plain"))
    assert np.abs(mirrored - (plain + turned[..., ::-1]) / 2).max() < 1.5e-3  # stored as float16
    assert np.abs(mirrored - plain).max() > 1e-2
    assert np.array_equal(read("mended", "probability"), read("plain", "probability"))
    label, mended = read("plain", "label"), read("mended", "label")
    expected = label.copy()
    if (label == 3).sum() < 12400:
        expected[label == 3] = 1
        regions += 1
    if ((expected == 1) | (expected == 3)).sum() < 25000:
        expected[(expected == 1) | (expected == 3)] = 0
    sizes, total = components(expected > 0), (expected > 0).sum()
    for voxel, size in sizes.items():
        if size < 0.05 * total:
            expected[voxel] = 0
            specks += 1
    assert np.array_equal(mended, expected), path
    assert np.array_equal(read("annotated", "label"), expected), path
assert regions == 1 and specks > 0, (regions, specks)  # else the test shows nothing
PY
expect_error 2 'mirror x x: expected axes out of x y z' "${whole[@]}" --mirror x,x --output-dir none
expect_error 2 "no region 'et'; did you mean" "${whole[@]}" --least-region et=4 --output-dir none
expect_error 2 "no class 'NRC'" "${whole[@]}" --least-region ET=4:NRC --output-dir none
expect_error 2 'least-region ET: expected REGION=VOXELS' "${whole[@]}" --least-region ET --output-dir none
expect_error 2 'annotate soft keeps probabilities' "${whole[@]}" --least-component 0.1 --annotate soft --output-dir none
