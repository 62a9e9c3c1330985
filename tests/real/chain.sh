#!/usr/bin/env bash
# Two real exams go the whole way, and their predictions have the scans' shape, affine and codes. No accuracy
# is claimed: the exams' labels are automatic, and the networks saw two cases.
source "$KDSEG_TEST_LIB"
exams=$SCANS/brats
printf 'case\tstratum\tflair\tt1ce\tt1\tt2\tlabel\n' > scans.tsv
for path in "$exams"/HGG/TCGA-FG-6692/TCGA-FG-6692 "$exams"/LGG/TCGA-DU-7294/TCGA-DU-7294; do
  printf '%s\t%s' "${path##*/}" "$(basename "$(dirname "$(dirname "$path")")")" >> scans.tsv
  for sequence in flair t1ce t1 t2 seg; do printf '\t%s' "${path}_$sequence.nii.gz" >> scans.tsv; done
  echo >> scans.tsv
done
run "$BIN/preprocess" --manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2019.yaml" --cases scans.tsv --output-dir volumes
settings=$KDSEG_SOURCE_DIR/config/experiments/had-net
learn=(--cases volumes/cases.tsv --width 4 --device cpu)
run "$BIN/pretrain" --config "$settings/teacher.ini" "${learn[@]}" --plateau off --epochs 2 --output teacher.h5
run "$BIN/pretrain" --config "$settings/student.ini" "${learn[@]}" --plateau off --epochs 2 --output start.h5
run "$BIN/distill" --config "$settings/had-net.ini" "${learn[@]}" --epochs 2 --teacher teacher.h5 --init start.h5 --output student.h5
run "$BIN/ensemble-label" --model student.h5 --cases volumes/cases.tsv --nifti --output-dir nifti
run "$BIN/ensemble-label" --model student.h5 --cases volumes/cases.tsv --output-dir predictions
run "$BIN/evaluate" --cases volumes/cases.tsv --prediction predictions --output cases.csv --summary summary.json
expect_equal "$(grep -c ',dice,' cases.csv)" 6 "two exams, three regions"

# A network trained on phantoms takes real scans as they are.
run "$BIN/phantom" --size tiny --cases 4 --seed 3 --gates off --quiet --output-dir phantoms
run "$BIN/preprocess" --manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml" --root phantoms --output-dir phantom-volumes
run "$BIN/pretrain" --config "$settings/student.ini" --cases phantom-volumes/cases.tsv --width 4 --device cpu --plateau off --epochs 1 --output phantom.h5
exam=$exams/HGG/TCGA-FG-6692/TCGA-FG-6692
run "$BIN/ensemble-label" --model phantom.h5 --image flair="${exam}_flair.nii.gz" --image t1="${exam}_t1.nii.gz" \
  --image t2="${exam}_t2.nii.gz" --output phantom.nii.gz

"$PYTHON" - "$exams" <<'PY'
# NIfTI headers read by hand (the 348 bytes of the standard), independent of the code under test.
import gzip, glob, os, struct, sys

def header(path):
    raw = gzip.open(path).read(352)
    shape = struct.unpack("<8h", raw[40:56])[1:4]
    codes = struct.unpack("<2h", raw[252:256])
    affine = struct.unpack("<12f", raw[280:328])
    assert codes[1] > 0, (path, "no sform")
    return shape, affine

def voxels(path):
    raw = gzip.open(path).read()
    kind, offset = struct.unpack("<h", raw[70:72])[0], int(struct.unpack("<f", raw[108:112])[0])
    assert kind == 2, (path, "not uint8")
    return set(raw[offset:])

outputs = {os.path.basename(p)[:-7]: p for p in glob.glob("nifti/*.nii.gz")}
assert sorted(outputs) == ["TCGA-DU-7294", "TCGA-FG-6692"], outputs
outputs["TCGA-FG-6692 by phantom.h5"] = "phantom.nii.gz"
for name, path in outputs.items():
    scan = glob.glob(f"{sys.argv[1]}/*/{name.split()[0]}/*_flair.nii.gz")[0]
    (shape, affine), (expected_shape, expected) = header(path), header(scan)
    assert shape == expected_shape, (name, shape, expected_shape)
    assert all(abs(a - b) < 1e-4 for a, b in zip(affine, expected)), (name, affine, expected)
    assert voxels(path) <= {0, 1, 2, 4}, name
PY

run "$BIN/preprocess" --image ct="$SCANS/heart-ct/cta_image.nii.gz" --output heart.h5
expect_file heart.h5
