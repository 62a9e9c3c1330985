# What tests on a real scheduler share: a time limit, a cluster that is gone afterwards whatever happens, a copy
# of what the workflow reads. `running` is the process to end with the test; empty: none.
set -euo pipefail
if [ "${INSIDE_LIMIT:-}" != 1 ]; then INSIDE_LIMIT=1 exec timeout -k 15 "$limit_s" bash "$0"; fi
PATH=$PATH:/usr/sbin command -v slurmctld > /dev/null || { echo "SKIP: no Slurm; make test-cluster installs it"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../workflow/common.bash"
cluster=$(mktemp -d /tmp/kdseg-cluster.XXXXXX)
running=
clean_up() {
  [ -z "$running" ] || kill -9 "$running" 2> /dev/null || true
  "$here/one_node_slurm.sh" stop "$cluster"
  rm -rf "$cluster"
}
trap clean_up EXIT
trap 'exit 124' TERM

start_cluster() {
  local ready
  ready=$("$here/one_node_slurm.sh" start "$cluster")
  eval "$ready"
}

field() { scontrol show job "$1" | grep -o "$2=[^ ]*" | sed -n 1p | cut -d= -f2; }

# wait_until SECONDS WHAT COMMAND...: fails, naming WHAT, if the command does not succeed in time.
wait_until() {
  local tries=$(($1 * 5)) what=$2
  shift 2
  for _ in $(seq "$tries"); do
    if "$@"; then return; fi
    [ -z "$running" ] || kill -0 "$running" 2> /dev/null || { tail -n 40 cluster.log; fail "the workflow ended before: $what"; }
    sleep 0.2
  done
  fail "never: $what"
}
