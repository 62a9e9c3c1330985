#!/usr/bin/env bash
# A translator is trained on slices of two kinds of cases; killed with its pools half full it
# continues to the same end; its losses and a picture of what it does are there to look at.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/cyclegan-align/common.bash"
make_unpaired
whole=$(content_of_run "${align[@]}" --checkpoint-every 0 --output whole.h5 --history whole.csv --panels whole.png)
for column in adversarial-a adversarial-t cycle-a cycle-t discriminator-a discriminator-t loss-a-to-t loss-t-to-a loss; do
  head -n 1 whole.csv | grep -Eq "(^|,)$column(,|\$)" || fail "the history lacks $column"
done
expect_equal "$(wc -l < whole.csv)" 3 'one row per epoch'

# Two cases of each stream, three slices a row, 2 pixels between them.
expect_equal "$(od -An -tu1 -j16 -N8 whole.png | tr -s ' ')" ' 0 0 0 100 0 0 0 134' 'width and height of the picture'

# Two of five places are taken after the first step.
killed_at_first_state TERM part.h5.run "${align[@]}" --checkpoint-every 0 --output part.h5
expect_equal "$code" 75
expect_equal "$(content_of_run "${align[@]}" --checkpoint-every 0 --output part.h5)" "$whole"
# Nothing of workers or the picture is in it.
expect_equal "$(content_of_run "${align[@]}" --workers 0 --output again.h5)" "$whole"
[[ $(content_of_run "${align[@]}" --seed 1 --output other.h5) != "$whole" ]] || fail 'the seed changes nothing'
printf '[translation]\npool = 0\n' > without.ini
[[ $(content_of_run "${align[@]}" --config without.ini --output latest.h5) != "$whole" ]] ||
  fail 'pools change nothing'

# A finished one goes on with more epochs.
longer=$(content_of_run "${align[@]}" --epochs 3 --output longer.h5)
expect_equal "$(content_of_run "${align[@]}" --epochs 3 --continue --output again.h5)" "$longer"

run "${align[@]}" --describe
expect_stdout '^a-to-t +[0-9,]+ parameters$'
expect_stdout '^discriminator-t +[0-9,]+ parameters$'
expect_stdout '^makes +t2$'
expect_stdout '^work +[0-9.]+ GMAC per iteration$'
expect_no_file describe.h5
