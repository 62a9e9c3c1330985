#!/usr/bin/env bash
# A network that needs one sequence predicts cases that lack others, from files of any axes, where they lie.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
printf 'name = flair-alone\nmask-channels = flair\n' >recipe.ini
make_network student.h5 flair --recipe recipe.ini
case_id=$(first_case val)
flair=$(scan_of "$case_id" flair) t1=$(scan_of "$case_id" t1)
label=("$BIN/ensemble-label" --model student.h5 "${on_cpu[@]}")
run "${label[@]}" --image "flair=$flair" --output plain.nii.gz

# The same scan along other axes: x and y swapped, z reversed. Headers are written by hand.
python3 - "$flair" <<'PY'
import gzip, struct, sys
raw = gzip.open(sys.argv[1]).read()
nx, ny, nz = struct.unpack("<3h", raw[42:48])
bits, offset = struct.unpack("<h", raw[72:74])[0] // 8, int(struct.unpack("<f", raw[108:112])[0])
rows = [list(struct.unpack("<4f", raw[280 + 16 * r:296 + 16 * r])) for r in range(3)]
header = bytearray(raw[:352])
struct.pack_into("<3h", header, 42, ny, nx, nz)
dx, dy = struct.unpack("<2f", raw[80:88])
struct.pack_into("<2f", header, 80, dy, dx)
struct.pack_into("<hh", header, 252, 0, 1)
struct.pack_into("<f", header, 108, 352)
for r, (x, y, z, o) in enumerate(rows):
    struct.pack_into("<4f", header, 280 + 16 * r, y, x, -z, o + z * (nz - 1))
at = lambda x, y, z: offset + bits * ((z * ny + y) * nx + x)
voxels = b"".join(raw[at(x, y, nz - 1 - z):at(x, y, nz - 1 - z) + bits]
                  for z in range(nz) for x in range(nx) for y in range(ny))
open("turned.nii", "wb").write(bytes(header) + voxels)
PY
run "${label[@]}" --image flair=turned.nii --output turned.nii.gz
run "$BIN/evaluate" --prediction turned.nii.gz --reference plain.nii.gz --metrics dice --output axes.csv
[[ $(tail -n +2 axes.csv | wc -l) -gt 0 ]] || fail "nothing was predicted"
expect_equal "$(tail -n +2 axes.csv | cut -d, -f4 | sort -u)" 1 "the same voxels, whatever the axes"

{
  printf 'case\tflair\tt1\n'
  printf 'all\t%s\t%s\n' "$PWD/$flair" "$PWD/$t1"
  printf 'gap\t%s\t\n' "$PWD/$flair"
} >scans.tsv
run "${label[@]}" --cases scans.tsv --output-dir predictions --nifti
expect_same_file predictions/gap.nii.gz predictions/all.nii.gz
make_network both.h5 flair,t1 --recipe recipe.ini
expect_error 3 'case gap: .*t1' "$BIN/ensemble-label" --model both.h5 "${on_cpu[@]}" --cases scans.tsv --output-dir refused --nifti
