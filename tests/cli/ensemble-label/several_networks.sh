#!/usr/bin/env bash
# Networks with channels of their own are averaged; windows and memory limits are kept to.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network student.h5 flair,t1,t2
make_network teacher.h5 flair,t1ce,t1,t2
volume=volumes/$(first_case val).h5
label=("$BIN/ensemble-label" --device cpu --input "$volume")
run "${label[@]}" --model student.h5 --model teacher.h5 --output both.h5 --probability --threads 1
both=$(content_of)
run "${label[@]}" --model student.h5 --output student-only.h5 --probability
[[ $(content_of) != "$both" ]] || fail 'the second network made no difference'
run "${label[@]}" --model student.h5 --model teacher.h5 --output again.h5 --probability --threads 2
expect_equal "$(content_of)" "$both" 'with two threads'

run "${label[@]}" --model student.h5 --output windows.h5 --window 32,32,32 --overlap 0.25
expect_file windows.h5
expect_error 1 'memory-limit.*--window' "${label[@]}" --model student.h5 --output out.h5 --memory-limit 0.001
expect_no_file out.h5

run "$BIN/ensemble-label" --model student.h5 --model teacher.h5 "${on_cpu[@]}" --describe
expect_stdout '^model +student.h5$'
expect_stdout '^channels +flair,t1ce,t1,t2$'
expect_stdout '^network +had-net-unet, [0-9,]+ parameters$'
expect_stdout '^work +[0-9.]+ GMAC per pass$'
