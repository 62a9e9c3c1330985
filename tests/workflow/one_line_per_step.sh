#!/usr/bin/env bash
# What a person sees: one line per step with how long it took; in a terminal a live line with the time left of each
# running training; in a file plain lines and nothing else. Failures say what the program said and where its log is.
source "$(dirname "$0")/common.bash"
export PYTHONPATH=$PWD/workflow/plugins
options+=(--logger steps)
run=results/had-net/tiny/teacher/fold0_seed0
settings=(scale=tiny rows=main paper=had-net device=cpu)

# Time left by closed epochs, by a progress line, and by neither; numbers of an old log are not those of a new step.
python3 - <<'PY'
import os, time
from snakemake_logger_plugin_steps.watch import duration, state
open("log", "w").write("pretrain: info: training 30/300 steps, 4.5/s, 1 min 00 s left, epoch 3/20, loss 0.10\n")
open("history.csv", "w").write("epoch,step,seconds-step,seconds-validation\n" + "".join(f"{e},{e},1.5,0.5\n" for e in range(1, 11)))
now = time.time()
for name, age in (("log", 20), ("history.csv", 1)):
    os.utime(name, (now - age, now - age))
found = state("log", None, now - 60, now)  # 30 + 20 s x 4.5/s done, 180 left
assert abs(found.left_s - 40) < 0.5 and abs(found.part - 0.4) < 0.01, found
found = state("log", "history.csv", now - 60, now)  # 10 of 20 epochs of 2 s, one second into the next
assert abs(found.left_s - 19) < 0.1 and found.said == "epoch 11/20" and abs(found.part - 0.525) < 0.01, found
assert state("log", None, now - 5, now).left_s is None
assert state("none", "history.csv", now - 60, now).left_s is None
import io, logging, types
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_logger_plugin_steps import LogHandler
handler = LogHandler(types.SimpleNamespace(stdout=False, nocolor=True, dryrun=False), None)
handler.stream = io.StringIO()
def say(event, **fields):
    handler.handle(logging.makeLogRecord({"event": event, "levelno": logging.INFO, "msg": "", **fields}))
say(LogEvent.JOB_INFO, jobid=1, rule_msg="training one (log: log)", rule_name="train", log=["none"], shellcmd="")
say(LogEvent.JOB_INFO, jobid=2, rule_msg="training two (log: log)", rule_name="train", log=["log"], shellcmd="--history history.csv")
handler.tell()  # both have just been submitted
assert handler.stream.getvalue() == "", handler.stream.getvalue()
for step in handler.steps.values():
    step.submitted = step.told = now - 700
handler.steps[2].began = now - 650
handler.tell()  # the first waits in a queue still, the second trains
assert handler.stream.getvalue().strip().startswith("...") and "training two: epoch 11/20, 19 s left" in handler.stream.getvalue()
assert "training one" not in handler.stream.getvalue()
assert [duration(s) for s in (12.4, 64, 7500)] == ["12 s", "1 min 04 s", "2 h 05 min"]
PY

# Into a file.
workflow "${settings[@]}" -- results/had-net/tiny/volumes/cases.tsv || { cat log.txt; fail "no volumes"; }
grep -qE '^\[1/2\] +[0-9][0-9a-z ]*s  making the synthetic scans of tiny$' log.txt || { cat log.txt; fail "no line for the first step"; }
grep -qE '^\[2/2\] +[0-9][0-9a-z ]*s  importing the scans of tiny as source volumes$' log.txt || { cat log.txt; fail "no line for the second"; }
[ "$(grep -c . log.txt)" = "$(grep -c '' log.txt)" ] || { cat log.txt; fail "blank lines"; }
! grep -q $'[\r\x1b]' log.txt || { cat -v log.txt; fail "a file with control characters"; }
[ "$(grep -vc "^\.\.\." log.txt)" -le 4 ] || { cat log.txt; fail "more lines than steps"; }

# In a terminal: as many epochs as last some seconds.
sed -i '/^\[pretrain\]/,/^\[distill\]/s/^epochs = .*/epochs = 90/' config/scales/tiny/had-net.ini
on_terminal() {
  script -qec "stty cols 100 rows 30; snakemake --profile workflow/profiles/local --cores 2 --logger steps --config ${settings[*]} -- $1" \
    terminal.txt > /dev/null
}
on_terminal $run/checkpoint.h5 || { cat -v terminal.txt; fail "the training failed"; }
grep -qE 'training teacher on tiny, fold 0, seed 0: epoch [0-9]+/90, [0-9][0-9a-z ]*s left' terminal.txt || { cat -v terminal.txt; fail "no time left"; }
[ "$(grep -oE 'epoch [0-9]+/90' terminal.txt | sort -u | wc -l)" -ge 3 ] || { cat -v terminal.txt; fail "the line does not live"; }
grep -qE '^(.\[[0-9]+A.\[J)?\[3/3\] +[0-9][0-9a-z ]*s  training teacher on tiny, fold 0, seed 0' terminal.txt || { cat -v terminal.txt; fail "no line in the end"; }

# A training that is stopped and goes on, and one that cannot.
rm -r $run
mkdir wrapped
printf '#!/bin/sh\n[ -e cut ] || { case "$*" in *--output*) touch cut; set -- "$@" --deadline 0.001 ;; esac; }\nexec %s/pretrain "$@"\n' \
  "$BIN" > wrapped/pretrain
chmod +x wrapped/pretrain
PATH=$PWD/wrapped:$PATH workflow "${settings[@]}" -- $run/checkpoint.h5 || { cat log.txt; fail "not started again"; }
grep -qE '^stopped +[0-9][0-9a-z ]*s  training teacher' log.txt || { cat log.txt; fail "the stop is not told"; }
grep -q '^starting again: training teacher' log.txt || { cat log.txt; fail "the second start is not told"; }
rm -r $run
truncate -s 3000 "results/had-net/tiny/volumes/$(awk -F'\t' '$4 == "train" {print $2; exit}' results/had-net/tiny/volumes/cases.tsv)"
! workflow "${settings[@]}" -- $run/checkpoint.h5 || fail "trained on a damaged volume"
grep -qE '^FAILED +[0-9][0-9a-z ]*s  training teacher' log.txt || { cat log.txt; fail "the failure is not told"; }
grep -qE '^    pretrain: error: ' log.txt || { cat log.txt; fail "the program's words are not told"; }
grep -q "^    log: $run/train.log" log.txt || { cat log.txt; fail "the log is not named"; }
grep -q '^1 step failed; the same command goes on from here' log.txt || { cat log.txt; fail "no last line"; }
! grep -qE 'Traceback|CalledProcessError' log.txt || { cat log.txt; fail "insides of Snakemake"; }
