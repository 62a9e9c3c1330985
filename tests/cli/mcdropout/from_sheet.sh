#!/usr/bin/env bash
# Every selected case gets probabilities, a label and an uncertainty that evaluate accepts; results
# depend on the seed, but neither on how samples are grouped nor on which other cases run.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network student.h5 flair,t1,t2
sample=("$BIN/mcdropout" --model student.h5 --device cpu --samples 3 --cases volumes/cases.tsv)

run "${sample[@]}" --threads 1 --where split=val --output-dir uncertainty
content=$(content_of)
expect_file uncertainty/predictions.csv
case_id=$(first_case val)
expect_file "uncertainty/$case_id.h5"
run "$BIN/evaluate" --cases volumes/cases.tsv --where split=val --prediction uncertainty --output cases.csv

run "${sample[@]}" --threads 2 --samples-at-once 2 --where split=val --output-dir grouped
expect_equal "$(content_of)" "$content" 'samples grouped otherwise, two threads'
run "${sample[@]}" --threads 1 --case "$case_id" --output-dir alone
expect_equal "$(grep "^$case_id," alone/predictions.csv)" "$(grep "^$case_id," uncertainty/predictions.csv)" 'alone'
run "${sample[@]}" --threads 1 --seed 1 --where split=val --output-dir seeded
[[ $(content_of) != "$content" ]] || fail 'the seed made no difference'

# A single volume, and further maps.
run "${sample[@]:0:7}" --threads 1 --input "volumes/$case_id.h5" --output one.h5
expect_file one.h5
expect_error 2 'exists' "${sample[@]:0:7}" --input "volumes/$case_id.h5" --output one.h5
run "${sample[@]:0:7}" --threads 1 --input "volumes/$case_id.h5" --output maps.h5 --maps class-entropy,mutual-information \
  --entropy multiclass --label-from deterministic --normalize minmax-case --window 48,48,48 --quiet
expect_quiet
(( $(stat -c %s maps.h5) > $(stat -c %s one.h5) )) || fail 'no further maps'

run "$BIN/mcdropout" --model student.h5 --device cpu --describe
expect_stdout '^network +had-net-unet, [0-9,]+ parameters$'
expect_stdout '^samples +100 passes'
