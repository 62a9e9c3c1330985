#!/usr/bin/env bash
# Training on random subsets of the images continues exactly; a network that needs all is refused.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
cat > u-hved.ini <<'INI'
subsets = uniform

[network.u-hved]

[term.dice]
denominator = squared

[term.latent-kl]
weight = 0.1

[term.reconstruction]
weight = 0.1

[term.weight-penalty]
INI
train=("$BIN/pretrain" "${common[@]}" --config u-hved.ini --epochs 4 --checkpoint-every 0)

whole=$(content_of_run "${train[@]}" --output whole.h5 --history whole.csv)
head -n 1 whole.csv | grep -q latent-kl || fail 'the history lacks a term'
killed_at_first_state TERM part.h5.run "${train[@]}" --output part.h5
expect_equal "$code" 75
expect_equal "$(content_of_run "${train[@]}" --output part.h5)" "$whole"
other=$(content_of_run "${train[@]}" --subsets off --output off.h5)
[[ $other != "$whole" ]] || fail 'the subsets made no difference'

expect_error 2 'had-net-unet needs all of its channels' \
  "$BIN/pretrain" "${common[@]}" --subsets uniform --output none.h5
expect_error 2 'off' "$BIN/pretrain" "${common[@]}" --subsets some --output none.h5
expect_no_file none.h5
