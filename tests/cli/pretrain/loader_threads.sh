#!/usr/bin/env bash
# Threads, those that compute and those that load cases, and where cases are kept must not change the result.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
one=$(content_of_run "$BIN/pretrain" "${common[@]}" --output a.h5 --workers 1)
expect_equal "$(content_of_run "$BIN/pretrain" "${common[@]}" --output b.h5 --workers 3)" "$one"
expect_equal "$(content_of_run "$BIN/pretrain" "${common[@]}" --output c.h5 --workers 0 --cache none)" "$one"
two=("${cases[@]}" --device cpu --threads 2 --config settings.ini)
expect_equal "$(content_of_run "$BIN/pretrain" "${two[@]}" --output e.h5)" "$one" "two threads"
other=$(content_of_run "$BIN/pretrain" "${common[@]}" --output d.h5 --seed 5)
[[ $other != "$one" ]] || fail "the seed changes nothing"
