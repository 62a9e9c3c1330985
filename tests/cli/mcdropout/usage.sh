#!/usr/bin/env bash
# Options that do not go together are refused with code 2 before anything is read or written.
source "$KDSEG_TEST_LIB"
refused() { expect_error 2 "$1" "$BIN/mcdropout" "${@:2}"; }
m=(--model student.h5)
refused 'model is required' --input a.h5 --output b.h5
refused 'one network, found 2' "${m[@]}" --model b.h5 --input a.h5 --output b.h5
refused 'no case given' "${m[@]}" --output b.h5
refused 'found both' "${m[@]}" --input a.h5 --output b.h5 --output-dir c
refused "no map 'mutual-informatoin'; did you mean 'mutual-information'" "${m[@]}" --input a.h5 --output b.h5 --maps mutual-informatoin
refused 'uncertainty needs --output FILE.h5 or FILE.nii.gz' "${m[@]}" --input a.h5 --output b.nrrd --probability off
refused 'minmax-case' "${m[@]}" --input a.h5 --output b.h5 --normalize minmax
refused 'region-binary' "${m[@]}" --input a.h5 --output b.h5 --entropy binary
refused 'samples' "${m[@]}" --input a.h5 --output b.h5 --samples 0
refused 'did you mean' "${m[@]}" --input a.h5 --output b.h5 --sample 5
[[ -z $(ls) ]] || fail 'something was written'
