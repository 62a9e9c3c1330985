#!/usr/bin/env bash
# Two networks learn from labelled cases and, in a pool whose labels nobody opens, from each other.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
# A column of one's own says which cases are the pool.
awk -F'\t' -v OFS='\t' 'NR == 1 {print $0, "unlabelled"; next} {print $0, NR == 2 ? "yes" : "no"}' \
  volumes/cases.tsv > volumes/pool.tsv
cat > mutual.ini <<'INI'
procedure = mutual
recipe = recipe.ini
epochs = 2
width = 2
epoch-of = labelled

[stream.labelled]
where = unlabelled=no
[stream.pool]
where = unlabelled=yes
labels = none

[network.first]
kind = had-net-unet
[network.second]
kind = had-net-unet
[optimizer.second]
optimizer = sgd
learning-rate = 0.01

[term.cross-entropy]
[term.teacher-cross-entropy]

[supervise.first]
network = first
stream = labelled
[supervise.second]
network = second
stream = labelled
[distil.first-to-second]
teacher = first
student = second
stream = pool
weight = 0.5
[average.slow]
network = first
[candidate.both]
members = first second
default = on
INI
sheet=(--cases volumes/pool.tsv --where split=train --validate split=val --device cpu --threads 1)
train=("$BIN/distill" "${sheet[@]}" --config mutual.ini --checkpoint-every 0)

whole=$(content_of_run "${train[@]}" --output whole.h5 --history whole.csv)
for column in first/cross-entropy first-to-second/teacher-cross-entropy loss-second score-both score-slow; do
  head -n 1 whole.csv | grep -Eq "(^|,)$column(,|\$)" || fail "the history lacks $column"
done
killed_at_first_state TERM part.h5.run "${train[@]}" --output part.h5
expect_equal "$code" 75
expect_equal "$(content_of_run "${train[@]}" --output part.h5)" "$whole"

# What follows may look at one of its networks, and must say which.
follow=("$BIN/distill" "${cases[@]}" --device cpu --threads 1 --recipe recipe.ini --width 2 --epochs 1)
printf '[term.soft-dice]\n' > follow.ini
run "${follow[@]}" --config follow.ini --teacher whole.h5 --network first --output follower.h5
expect_error 2 'both' "${follow[@]}" --config follow.ini --teacher whole.h5 --output a.h5
expect_error 2 "did you mean 'first'" "${follow[@]}" --config follow.ini --teacher whole.h5 --network frist --output a.h5
expect_error 2 'follower.h5.*one' "${follow[@]}" --config follow.ini --teacher follower.h5 --network first --output a.h5
run "$BIN/pretrain" "${common[@]}" --epochs 1 --init whole.h5 --init-network second --output tuned.h5

run "${train[@]}" --describe
expect_stdout '^slow .* averaged$'
expect_stdout '^input +pool: '

# Each fault is named.
change() { sed "$1" mutual.ini > changed.ini; refused=("$BIN/distill" "${sheet[@]}" --config changed.ini --output a.h5); }
change 's/^teacher = first/teacher = frist/'
expect_error 2 "unknown teacher 'frist'" "${refused[@]}"
change 's/^where = unlabelled=yes/where = unlabeled=yes/'
expect_error 2 "\[stream.pool\]: condition 'unlabeled=yes': no column 'unlabeled'; did you mean 'unlabelled'" "${refused[@]}"
change 's/^where = unlabelled=yes/where = unlabelled=perhaps/'
expect_error 2 '\[stream.pool\]: .*no case of 5 satisfies .*unlabelled=perhaps' "${refused[@]}"
change 's/^labels = none/labels = none\nchannels = t9/'
expect_error 3 'stream pool expects 1 \(t9\)' "${refused[@]}"
change 's/^kind = had-net-unet/kind = had-net-unt/'
expect_error 2 "unknown network 'had-net-unt'; did you mean 'had-net-unet'" "${refused[@]}"
change '/^learning-rate = 0.01/d'
expect_error 2 'sgd has no usual learning rate' "${refused[@]}"
change 's/^\[optimizer.second\]/[optimizer.third]/'
expect_error 2 '\[optimizer.third\] names no trained network' "${refused[@]}"
change '/^\[average.slow\]/,/^network = first/d; s/^\[supervise.second\]/[supervise.other]/; s/^stream = pool/stream = labelled/'
expect_error 2 '\[stream.pool\]: nothing learns from it' "${refused[@]}"
expect_error 2 'case .* is selected for training by stream labelled and for validation on stream labelled' \
  "$BIN/distill" --cases volumes/pool.tsv --where split=train,val --validate split=val --threads 1 \
  --config mutual.ini --output a.h5
expect_error 2 '\-\-epoch-of: no stream .x., there are labelled, pool' "${train[@]}" --epoch-of x --output a.h5
expect_error 2 '\[supervise.first\] needs --procedure mutual' "${train[@]}" --procedure teacher-student --teacher tuned.h5 --output a.h5
expect_no_file a.h5
