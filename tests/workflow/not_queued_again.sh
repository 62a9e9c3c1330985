#!/usr/bin/env bash
# A training that stopped with its state saved is started again; one that cannot succeed is not, and says why:
# changed settings, a damaged volume. Files dated in the future start nothing anew.
source "$(dirname "$0")/common.bash"
run=results/had-net/tiny/teacher/fold0_seed0
settings=(scale=tiny rows=main paper=had-net device=cpu)
teacher() { workflow "${settings[@]}" "$@" -- $run/checkpoint.h5; }
restarts() { grep -c 'Trying to restart' log.txt || true; }
workflow "${settings[@]}" -- results/had-net/tiny/volumes/cases.tsv || { cat log.txt; fail "no volumes"; }

# The first call is cut.
mkdir wrapped
printf '#!/bin/sh\n[ -e cut ] || { case "$*" in *--output*) touch cut; set -- "$@" --deadline 0.001 ;; esac; }\nexec %s/pretrain "$@"\n' \
  "$BIN" > wrapped/pretrain
chmod +x wrapped/pretrain
PATH=$PWD/wrapped:$PATH teacher || { cat log.txt; fail "a stopped training was not started again"; }
[ "$(restarts)" = 1 ] || { cat log.txt; fail "$(restarts) restarts of a training that was cut once"; }
grep -q 'continuing at step' $run/train.log || fail "the second call started afresh"

rm -r $run cut
PATH=$PWD/wrapped:$PATH teacher slots=0 && fail "slots=0 started it again"
cp config/experiments/had-net/teacher.ini kept.ini
sed -i 's/^weight-decay = .*/weight-decay = 0.5/' config/experiments/had-net/teacher.ini
teacher && fail "trained on with other settings"
[ "$(restarts)" = 0 ] || fail "changed settings were tried $(restarts) more times"
grep -q 'weight-decay was .*, is 0.5' $run/train.log || { cat $run/train.log; fail "the change is not told"; }

rm -r $run
cp kept.ini config/experiments/had-net/teacher.ini
volume=results/had-net/tiny/volumes/$(awk -F'\t' '$4 == "train" {print $2; exit}' results/had-net/tiny/volumes/cases.tsv)
cp "$volume" kept.h5
truncate -s 3000 "$volume"
teacher && fail "trained on a damaged volume"
[ "$(restarts)" = 0 ] || fail "a damaged volume was tried $(restarts) more times"
cp kept.h5 "$volume"
teacher || { cat log.txt; fail "it does not train on the volume as it was"; }

find results -type f -exec touch -d '+2 days' {} +
teacher || { cat log.txt; fail "files from the future"; }
grep -q 'Nothing to be done' log.txt || { cat log.txt; fail "files from the future started work"; }
