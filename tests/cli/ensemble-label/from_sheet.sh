#!/usr/bin/env bash
# Every selected case of a sheet gets a prediction that evaluate accepts; a second run is refused.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network student.h5 flair,t1,t2
label=("$BIN/ensemble-label" --model student.h5 "${on_cpu[@]}" --cases volumes/cases.tsv)

run "${label[@]}" --where split=val --output-dir predictions
content=$(content_of)
expect_equal "$(ls predictions/*.h5 | wc -l)" 2
case_id=$(first_case val)
expect_file "predictions/$case_id.h5"
run "$BIN/evaluate" --cases volumes/cases.tsv --where split=val --prediction predictions \
  --output cases.csv --summary summary.json
expect_file cases.csv summary.json

expect_error 2 "predictions/.*exists" "${label[@]}" --where split=val --output-dir predictions
run "${label[@]}" --where split=val --output-dir predictions --force
expect_equal "$(content_of)" "$content" 'repeated'
expect_error 2 'no case' "${label[@]}" --where split=trian --output-dir other
expect_no_file other

# --quiet success leaves stderr empty.
run "${label[@]}" --case "$case_id" --output-dir quiet --quiet
expect_quiet
