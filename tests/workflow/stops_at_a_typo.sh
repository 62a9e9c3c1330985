#!/usr/bin/env bash
# A misspelled key in any settings file ends the workflow before a job starts.
source "$(dirname "$0")/common.bash"
sed -i 's/^epochs/epochz/' config/experiments/had-net/student.ini
! workflow scale=tiny paper=had-net || fail "the workflow ran"
grep -q "epochz" log.txt || { cat log.txt; fail "the message does not name the key"; }
[ ! -e results/had-net/tiny/scans ] || fail "a job ran before the settings were checked"
! workflow scale=tiny paper=had-nett || fail "an unknown paper was accepted"
grep -q "PAPER=had-nett is not one of" log.txt || { cat log.txt; fail "the message does not name the papers"; }
