#!/usr/bin/env bash
# Options that do not go together are refused with code 2 before anything is read or written.
source "$KDSEG_TEST_LIB"
refused() { expect_error 2 "$1" "$BIN/ensemble-label" "${@:2}"; }
m=(--model student.h5)
refused 'model is required' --input a.h5 --output b.h5
refused 'no case given' "${m[@]}" --output b.h5
refused 'give one of them' "${m[@]}" --input a.h5 --cases cases.tsv --output b.h5
refused 'found neither' "${m[@]}" --input a.h5
refused 'found both' "${m[@]}" --input a.h5 --output b.h5 --output-dir c
refused '--output-dir with --cases' "${m[@]}" --input a.h5 --output-dir c
refused '--output goes with' "${m[@]}" --cases cases.tsv --output b.h5
refused 'ending in .h5, .nii' "${m[@]}" --input a.h5 --output b.png
refused '--nifti goes with --output-dir' "${m[@]}" --input a.h5 --output b.nii.gz --nifti
refused '--probability needs' "${m[@]}" --input a.h5 --output b.nrrd --probability
refused 'expected NAME=INPUT' "${m[@]}" --input a.h5 --output b.h5 --channels flair
refused 'did you mean' "${m[@]}" --input a.h5 --outptu b.h5
refused '0.95' "${m[@]}" --input a.h5 --output b.h5 --overlap 1
refused 'gaussian' "${m[@]}" --input a.h5 --output b.h5 --window-weights cosine
[[ -z $(ls) ]] || fail 'something was written'
