#!/usr/bin/env bash
# Voxels that changed on disk are found where it is asked for.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
nifti scan.nii.gz --seed 1
nifti label.nii.gz --seed 1 --kind label --type uint8
printf 'case,flair,label\np1,scan.nii.gz,label.nii.gz\n' > scans.csv
run "$BIN/preprocess" --cases scans.csv --classes NCR=1,ED=2,ET=4 --output-dir volumes --quiet
run "$BIN/preprocess" --cases volumes/cases.tsv --check
verify=("$BIN/evaluate" --prediction label.nii.gz --reference volumes/p1.h5 --verify)
run "${verify[@]}"
expect_stderr '1 files hold what was written into them; 1 have no SHA-256'
printf '\x01' | dd of=volumes/p1.h5 bs=1 seek=$(($(stat -c %s volumes/p1.h5) - 60)) conv=notrunc status=none
expect_error 3 'case .*p1.h5: its content does not have the SHA-256' "${verify[@]}"
expect_exit 3 "$BIN/preprocess" --cases volumes/cases.tsv --check
expect_stdout 'p1.*rejected.*SHA-256'
