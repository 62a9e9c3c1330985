#!/usr/bin/env bash
# Hearts in the layout of MM-WHS become volumes of one cohort per modality: axes are turned by their affine, the code 421 is the
# left atrium, a label whose header lies is laid over its scan, any other code is refused.
source "$KDSEG_TEST_LIB"
manifests=$KDSEG_SOURCE_DIR/data-manifest
hearts=(--anatomy heart --spacing 8 --cases 3 --seed 2 --gates off --quiet)
run "$BIN/phantom" "${hearts[@]}" --output-dir scans
for modality in ct mr; do
  run "$BIN/preprocess" --manifest "$manifests/mm-whs-2017-$modality.yaml" --root scans --output-dir "$modality"
  expect_equal "$(cut -f1 "$modality/cases.tsv" | sed 1d | tr '\n' ' ')" \
    "${modality}_train_1001 ${modality}_train_1002 ${modality}_train_1003 "
done
expect_stderr '421 read as 420'

# Without the turns and the odd code the same volumes come out, voxel by voxel.
run "$BIN/phantom" "${hearts[@]}" --mr-turned 0 --code-421 0 --output-dir plain
run "$BIN/preprocess" --manifest "$manifests/mm-whs-2017-mr.yaml" --root plain --output-dir plain-mr
for file in ct mr; do
  run "$BIN/preprocess" --manifest "$manifests/mm-whs-2017-$file.yaml" --root scans --check
  expect_stdout "^${file}_train_1002"$'\t\tok\t[0-9x]*\t'"$file"$'\t0,205,420,500,550,600,820,850'
done
python3 - <<'PY'
import sys
try:
    import h5py
except ImportError:
    sys.exit()
for number in (1001, 1002, 1003):
    with h5py.File(f"mr/mr_train_{number}.h5") as a, h5py.File(f"plain-mr/mr_train_{number}.h5") as b:
        assert (a["image"][()] == b["image"][()]).all() and (a["label"][()] == b["label"][()]).all(), number
        assert len(set(a["label"][()].ravel())) == 8
PY

run "$BIN/phantom" "${hearts[@]}" --plant label-header=4 --plant one-folder --output-dir faulty
run "$BIN/preprocess" --manifest "$manifests/mm-whs-2017-mr.yaml" --root faulty --output-dir faulty-mr
expect_stderr 'mr_train_1001: headers differ .*mr_train_1001_label'
run "$BIN/phantom" "${hearts[@]}" --plant unknown-code=5 --output-dir broken
expect_error 3 'mr_train_1002_label.nii.gz: unknown label codes 999 \(1 voxels\); known: 0 205 420' \
  "$BIN/preprocess" --manifest "$manifests/mm-whs-2017-mr.yaml" --root broken --output-dir broken-mr
run "$BIN/phantom" "${hearts[@]}" --modality ct --output-dir ct-only
expect_error 3 'no scan of MM-WHS 2017, MR found' \
  "$BIN/preprocess" --manifest "$manifests/mm-whs-2017-mr.yaml" --root ct-only --output-dir none

# An open stand-in keeps a mask per structure.
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
mkdir -p total/s0000/segmentations
nifti total/s0000/ct.nii.gz
for mask in heart_myocardium heart_atrium_left heart_ventricle_left heart_atrium_right heart_ventricle_right aorta; do
  nifti "total/s0000/segmentations/$mask.nii.gz" --kind zero --type uint8
done
nifti total/s0000/segmentations/pulmonary_artery.nii.gz --kind label --codes 0 0 1 --type uint8
nifti total/s0000/segmentations/aorta.nii.gz --kind label --codes 0 1 1 --type uint8
run "$BIN/preprocess" --manifest "$manifests/totalsegmentator-ct.yaml" --root total --check
expect_stdout $'^s0000\t\tok\t12x11x10\tct\t0,820,850'
expect_stderr 'voxels lie in several masks'
nifti total/s0000/segmentations/aorta.nii.gz --kind label --codes 1 2 --type uint8
expect_error 3 '1 of 1 cases rejected' "$BIN/preprocess" --manifest "$manifests/totalsegmentator-ct.yaml" --root total --check
expect_stdout 'aorta.nii.gz: value 2, expected a mask of 0 and 1'
