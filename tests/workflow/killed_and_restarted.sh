#!/usr/bin/env bash
# The workflow is killed while its training runs on: started again, the second training refuses the run folder and
# harms nothing; once the first has ended, the same command has the checkpoint without training again.
source "$(dirname "$0")/common.bash"
run=results/had-net/tiny/teacher/fold0_seed0
settings=(scale=tiny rows=main paper=had-net device=cpu)
workflow "${settings[@]}" -- results/had-net/tiny/volumes/cases.tsv || { cat log.txt; fail "no volumes"; }

# The training stops itself when its first state is there, as if the machine were busy with it.
mkdir slow
cat > slow/pretrain <<SH
#!/bin/sh
case "\$*" in *--output*) ;; *) exec $BIN/pretrain "\$@" ;; esac
setsid $BIN/pretrain "\$@" --checkpoint-every 0 &
training=\$!
echo \$training > $WORK/training.pid
until ls $WORK/$run/run/state-*.h5 > /dev/null 2>&1; do kill -0 \$training || exit 1; sleep 0.05; done
kill -STOP \$training
wait \$training
SH
chmod +x slow/pretrain
PATH=$PWD/slow:$PATH setsid snakemake --profile workflow/profiles/local --cores 2 --nolock --config "${settings[@]}" -- \
  $run/checkpoint.h5 > first.txt 2>&1 &
first=$!
trap 'kill -CONT "$(cat training.pid)" 2> /dev/null || true' EXIT
state() { awk '{print $3}' "/proc/$(cat training.pid)/stat" 2> /dev/null; }
for _ in $(seq 1200); do
  [ -s training.pid ] && [ "$(state)" = T ] && break
  kill -0 $first 2> /dev/null || { cat first.txt; fail "the workflow ended before it was killed"; }
  sleep 0.05
done
[ "$(state)" = T ] || fail "the training never came to a stop"
kill -9 -- -$first
wait $first || true
[ ! -e $run/checkpoint.h5 ] || fail "the training had ended before the workflow was killed"

options+=(--nolock)
workflow "${settings[@]}" slots=0 -- $run/checkpoint.h5 && fail "a second training went into the run folder"
grep -q "in use by process $(cat training.pid)" $run/train.log || { cat $run/train.log; fail "the log does not name the first"; }
kill -CONT "$(cat training.pid)"
for _ in $(seq 1200); do [ -d "/proc/$(cat training.pid)" ] || break; sleep 0.05; done
[ -s $run/checkpoint.h5 ] || fail "the first training was disturbed"
cp $run/checkpoint.h5 kept.h5
workflow "${settings[@]}" -- $run/checkpoint.h5 || { cat log.txt; fail "the same command failed afterwards"; }
cmp -s $run/checkpoint.h5 kept.h5 || fail "the checkpoint is another one"
