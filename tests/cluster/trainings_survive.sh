#!/usr/bin/env bash
# The paper's main line through the shipped Slurm profile on a real scheduler: trainings are cut by their time
# limit, one is requeued by hand, the workflow is killed, and the networks still equal those of an uninterrupted
# local run. What the scheduler refuses ends the workflow with the scheduler's words.
limit_s=205
source "$(dirname "$0")/common.bash"

settings=(scale=tiny rows=main paper=had-net device=cpu)
sed -i '/^  tiny:/,/threads:/s/threads:.*/threads: {pretrain: 1, distill: 1, many: 1}/' config/config.yaml
networks=(teacher student had-net)
contents() {  # contents ROOT: content ids of the main line's checkpoints
  python3 - "${networks[@]/#/$1/had-net/tiny/}" <<'PY'
import h5py, sys
for folder in sys.argv[1:]:
    print(h5py.File(f"{folder}/fold0_seed0/checkpoint.h5").attrs["content_sha256"])
PY
}

since=$SECONDS
note() { echo "$((SECONDS - since)) s: $*"; }
# Long enough that a slot of ten seconds cuts it on any machine: as many epochs as last thirteen.
sed -i '/^\[pretrain\]/,/^\[distill\]/s/^epochs = .*/epochs = 12/' config/scales/tiny/had-net.ini
workflow "${settings[@]}" results=local -- local/had-net/tiny/teacher/fold0_seed0/checkpoint.h5 \
  || { tail -n 40 log.txt; fail "the local run failed"; }
epochs=$(awk -F, 'NR > 3 { s += ($11 + $12 + $13 + $14) / 10 } END { n = int(13 / s); print (n < 13 ? 13 : n) }' \
  local/had-net/tiny/teacher/fold0_seed0/history.csv)
sed -i "/^\[pretrain\]/,/^\[distill\]/s/^epochs = .*/epochs = $epochs/" config/scales/tiny/had-net.ini
workflow "${settings[@]}" results=local -- local/had-net/tiny/had-net/fold0_seed0/checkpoint.h5 \
  || { tail -n 40 log.txt; fail "the local run failed"; }
expected=$(contents local)
note "local run of $epochs epochs done"

start_cluster
python3 "$here/test_profile.py" workflow/profiles/slurm profile
on_cluster() { python3 "$here/fast_snakemake.py" --profile "${profile:-profile}" --config "${settings[@]}" stage=true "$@"; }
start_on_cluster() {  # exec: `running` must be Snakemake itself, not a shell around it
  (exec python3 "$here/fast_snakemake.py" --profile profile --config "${settings[@]}" stage=true) > cluster.log 2>&1 &
  running=$!
}
jobs_of() { squeue -h -t R -o '%i %k' | awk -v m="$1" '$2 ~ "^rule_train" && $2 ~ m {print $1}'; }
training_runs() {  # training_runs METHOD: its job, in `job`, makes steps; a signal before that would test the start only
  job=$(jobs_of "$1")
  [ -n "$job" ] && grep -q training "results/had-net/tiny/$1/fold0_seed0/train.log" 2> /dev/null
}

start_on_cluster
wait_until 80 "student trains" training_runs student
requeued=$job
[ "$(field "$job" Partition)/$(field "$job" TimeLimit)" = gpu/00:01:00 ] || fail "not as the profile says: $(scontrol show job "$job")"
shown=$(scontrol show job "$job")
[[ $shown == *TresPerJob=gres:gpu:1* ]] || fail "no GPU asked for: $shown"
scontrol requeue "$job"
note "student requeued"
wait_until 80 "teacher trains" training_runs teacher
kill -9 "$running"
wait "$running" 2> /dev/null || true
note "workflow killed"
# Its lock stays behind and is named; --unlock removes it.
! on_cluster > cluster.log 2>&1 || fail "a killed workflow's lock was passed over"
grep -q -- --unlock cluster.log || { tail cluster.log; fail "no way out of the lock is named"; }
on_cluster --unlock > cluster.log 2>&1
start_on_cluster
wait "$running" || { running=; tail -n 40 cluster.log; fail "the workflow failed"; }
running=
note "cluster run done"
[ -s results/had-net/tiny/report.html ] || fail "no report"
# Of the networks, one may have been finished just when the workflow was killed: its log then tells that alone.
grep -q "copied to" results/had-net/tiny/{teacher,student,had-net}/fold0_seed0/train.log || fail "the cases were not copied to the node"
[ "$(contents results)" = "$expected" ] || fail "networks differ from the local run's: $(contents results) instead of $expected"
[ "$(field "$requeued" Restarts)" -ge 1 ] || fail "the requeued job did not start again"
scontrol -o show jobs > jobs.txt
awk '/Comment=rule_train/ && /JobState=FAILED/ {n++} END {exit !n}' jobs.txt || fail "no training was cut by its time limit"

refused() {  # refused WORDS CHANGE...: the workflow ends and tells what the scheduler said
  local words=$1
  shift
  python3 "$here/test_profile.py" workflow/profiles/slurm refused "$@"
  ! profile=refused on_cluster results=other --until phantom > refused.log 2>&1 || fail "ran with $*"
  grep -qi "$words" refused.log || { cat refused.log; fail "the scheduler's words about $* are not told"; }
}
refused 'invalid partition' phantom.slurm_partition=nowhere
refused 'memory specification\|not available' phantom.mem_mb=900000
note "refusals done"
