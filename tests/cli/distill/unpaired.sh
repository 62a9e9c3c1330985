#!/usr/bin/env bash
# Two networks learn from two kinds of cases of different people, and from each other, through
# generators that learn in the same iterations: killed with pools half full it continues to the same
# end; both networks and their mean predict; translations may come from a translator or its files.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/cyclegan-align/common.bash"
make_unpaired
cat > networks.ini <<'INI'
procedure = unpaired
[network.syn]
kind = resunet2d
width = 2
[network.real]
kind = resunet2d
width = 2
[term.cross-entropy]
[term.dice]
smoothing = 1e-7
denominator = squared-prediction
sums = batch
smoothed = below
[term.teacher-cross-entropy]
[supervise.real]
network = real
stream = t
[distil.real-to-syn]
teacher = real
student = syn
stream = t
[candidate.ensemble]
members = syn real
default = on
INI
# lessons STREAM: those of the assistant's images.
lessons() {
  printf '[supervise.syn]\nnetwork = syn\nstream = %s\n' "$1"
  printf '[distil.syn-to-real]\nteacher = syn\nstudent = real\nstream = %s\nweight = 0.5\n' "$1"
}
lessons 'a>t' > translated.ini
lessons a > stored.ini
printf '[supervise.syn]\nshapes = 1\n[optimizer.generator]\nbetas = 0.5 0.999\n' > shapes.ini
unpaired=("$BIN/distill" "${sheet[@]}" --predict-on t --config streams.ini --config networks.ini
  --config translated.ini)
train=("${unpaired[@]}" --config translator.ini --config shapes.ini --checkpoint-every 0)
whole=$(content_of_run "${train[@]}" --output whole.h5 --history whole.csv)
for column in adversarial-t cycle-a discriminator-a shape-syn real/cross-entropy syn/dice \
  syn-to-real/teacher-cross-entropy real-to-syn/teacher-cross-entropy loss-a-to-t loss-real loss-syn loss; do
  head -n 1 whole.csv | grep -Eq "(^|,)$column(,|\$)" || fail "the history lacks $column"
done
killed_at_first_state TERM part.h5.run "${train[@]}" --output part.h5
expect_equal "$code" 75
expect_equal "$(content_of_run "${train[@]}" --output part.h5)" "$whole"

# Each option makes another network.
other() { [[ $(content_of_run "${train[@]}" "$@") != "$whole" ]] || fail "$* changes nothing"; }
other --kd-order alternate --output turns.h5
printf '[translation]\ng-update = joint\n' > joint.ini
other --config joint.ini --output joint.h5
printf '[translation]\nbn-in-g-step = train\n' > gathers.ini
other --config gathers.ini --output gathers.h5

# Both networks and their mean on images of t; the generators of the file translate.
for network in real syn ensemble; do
  run "$BIN/ensemble-label" --model whole.h5 --network "$network" "${sheet[@]}" --where kind=two --output-dir "labels-$network"
done
run "$BIN/ensemble-label" --model whole.h5 "${sheet[@]}" --where kind=two --output-dir labels
cmp -s labels/predictions.csv labels-ensemble/predictions.csv || fail 'the mean is not the default'
cmp -s labels/predictions.csv labels-real/predictions.csv && fail 'the mean is one of its members'
run "$BIN/cyclegan-align" --apply whole.h5 --direction a-to-t "${sheet[@]}" --where kind=one --output-dir made

# A translator as it is, or its files: the same losses of the first iteration.
run "${align[@]}" --output translator.h5
run "$BIN/cyclegan-align" --apply translator.h5 --direction a-to-t "${sheet[@]}" --where kind=one --output-dir stored
printf '[translation]\nfile = translator.h5\n' > frozen.ini
once=(--epochs 1 --epoch-iterations 1)
run "${unpaired[@]}" --config frozen.ini "${once[@]}" --output frozen.h5 --history frozen.csv
{ head -n 1 stored/cases.tsv
  awk -F'\t' -v OFS='\t' 'NR > 1 && $NF == "two" {$2 = "../volumes/" $2; print $0, "no"}' volumes/kinds.tsv
  tail -n +2 stored/cases.tsv; } > stored/both.tsv
sed 's/^channels = t1/channels = t2/' streams.ini > same.ini
run "$BIN/distill" --procedure mutual --cases stored/both.tsv --device cpu --threads 1 --predict-on t --config same.ini \
  --config networks.ini --config stored.ini "${once[@]}" --output files.h5 --history files.csv
value() { awk -F, -v name="$2" 'NR == 1 {for (i = 1; i <= NF; ++i) if ($i == name) c = i} NR == 2 {print $c}' "$1"; }
for name in loss-real loss-syn; do
  awk -v a="$(value frozen.csv $name)" -v b="$(value files.csv $name)" 'BEGIN {d = a - b; exit !(a > 0 && d * d < 1e-10)}' ||
    fail "$name: $(value frozen.csv $name) online, $(value files.csv $name) from files"
done

# What does not fit together is named.
expect_error 2 '\[translation\] needs --procedure unpaired' "${train[@]}" --procedure mutual --output a.h5
expect_error 2 'of a translator that is trained, .*translator.h5 is taken as it is' "${train[@]}" --config frozen.ini --output a.h5
printf '[supervise.syn]\nstream = t>b\n' > changed.ini
expect_error 2 "unknown stream 't>b', there are a, t, a>t, t>a" "${train[@]}" --config changed.ini --output a.h5
printf '[supervise.real]\nshapes = 1\n' > changed.ini
expect_error 2 'shapes is of translated images' "${train[@]}" --config changed.ini --output a.h5
printf 'name = other\ncrop = center\nsize = 32 32 8\n' > other.ini
expect_error 3 'is not that of .*translator.h5' "${unpaired[@]}" --config frozen.ini --recipe other.ini --output a.h5
# A translator of other channels than the cases have.
expect_error 3 'translator.h5: a-to-t expects 1 \(t1\)' "$BIN/distill" --cases stored/both.tsv --threads 1 \
  --predict-on t --config same.ini --config networks.ini --config translated.ini --config frozen.ini --output a.h5
expect_no_file a.h5
