#!/usr/bin/env bash
# one_node_slurm.sh start|stop DIR: a Slurm cluster of one node with two fake GPUs, without systemd and accounting,
# as root or as an ordinary user. All its files lie in DIR; start prints what a shell needs to talk to it.
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: $0 start|stop DIR" >&2; exit 2; }
PATH=$PATH:/usr/sbin:/sbin
die() { echo "one_node_slurm: $*" >&2; exit 1; }
free_port() {  # free_port [TAKEN]
  local p
  while p=$((20000 + RANDOM % 12000)); do
    [ "$p" = "${1:-}" ] || (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
  done
}
gone() {  # gone PID NAME: ended (a zombie too), or the pid is another program's by now
  local comm state
  comm=$(cat "/proc/$1/comm" 2>/dev/null) || return 0
  state=$(awk '/^State:/ {print $2}' "/proc/$1/status" 2>/dev/null) || return 0
  [[ $comm != "$2"* || $state == Z ]]
}
alive() { [ -s "$dir/$1.pid" ] && ! gone "$(cat "$dir/$1.pid")" "$1"; }
wait_for() {  # wait_for SECONDS COMMAND...
  local i n=$(($1 * 10)); shift
  for ((i = 0; i < n; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; return 1
}
node_idle() { [ "$("$dir/bin/sinfo" -h -N -o %T | sort -u)" = idle ]; }
queue_empty() { [ -z "$("$dir/bin/squeue" -h)" ]; }
stop_one() {  # the daemons delete their pid file early, so wait on the pid itself
  local pid
  if alive "$1"; then
    pid=$(cat "$dir/$1.pid"); kill -TERM "$pid" 2>/dev/null || true
    wait_for 15 gone "$pid" "$1" || kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -f "$dir/$1.pid"
}
do_stop() {
  if alive slurmctld; then timeout 10 "$dir/bin/scancel" --user="$(id -un)" && wait_for 15 queue_empty || true; fi
  stop_one slurmd; stop_one slurmctld; stop_one munged
}
do_start() {
  local c host user ctl_port mem have
  for c in munged mungekey slurmctld slurmd sinfo; do command -v "$c" >/dev/null || die "$c not found"; done
  ! alive slurmctld || die "already running in $dir"
  host=$(hostname -s); user=$(id -un); ctl_port=$(free_port)
  have=$(awk '/^MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)
  mem=4000; [ "$mem" -le "$have" ] || mem=$have
  mkdir -p "$dir"/{state,spool,munge,log,bin}; chmod 755 "$dir"; chmod 711 "$dir/munge"
  [ -s "$dir/munge/key" ] || mungekey --create --keyfile="$dir/munge/key"
  # A line may hold one key only. cred_expire is also the wait before a requeued job may start; 5 is the least.
  # EnforcePartLimits: what the node cannot hold is refused instead of waiting for ever.
  tr ' ' '\n' > "$dir/slurm.conf" <<CONF
ClusterName=ci SlurmctldHost=$host(127.0.0.1) SlurmUser=$user SlurmdUser=$user
AuthType=auth/munge AuthInfo=socket=$dir/munge/socket,cred_expire=5
SlurmctldPort=$ctl_port SlurmdPort=$(free_port "$ctl_port")
StateSaveLocation=$dir/state SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log SlurmdLogFile=$dir/log/slurmd.log
ProctrackType=proctrack/linuxproc TaskPlugin=task/affinity MpiDefault=none
SelectType=select/cons_tres SelectTypeParameters=CR_Core_Memory GresTypes=gpu
AccountingStorageType=accounting_storage/none JobAcctGatherType=jobacct_gather/none
SchedulerParameters=sched_interval=2,bf_interval=2 EnforcePartLimits=ALL
ReturnToService=2 MinJobAge=86400 KillWait=5 JobRequeue=1
CONF
  cat >> "$dir/slurm.conf" <<CONF
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$mem Gres=gpu:fake:2 State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES MaxTime=60 State=UP
PartitionName=gpu Nodes=ALL MaxTime=60 State=UP
CONF
  # Fake GPUs need distinct device files.
  printf '%s\n' AutoDetect=off 'Name=gpu Type=fake File=/dev/null' 'Name=gpu Type=fake File=/dev/zero' > "$dir/gres.conf"
  # The plugin's job step drops SLURM_CONF from the environment, so the clients carry it.
  for c in srun sbatch squeue scontrol scancel sinfo sacct sacctmgr sshare; do
    printf '#!/bin/sh\nSLURM_CONF=%s exec /usr/bin/%s "$@"\n' "$dir/slurm.conf" "$c" > "$dir/bin/$c"
    chmod 755 "$dir/bin/$c"
  done
  export SLURM_CONF=$dir/slurm.conf
  trap do_stop EXIT  # a failed start leaves nothing behind
  munged --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munged.pid" \
    --log-file="$dir/log/munged.log" --seed-file="$dir/munge/seed" 2> "$dir/log/start.log" || die "munged: see $dir/log"
  wait_for 10 test -S "$dir/munge/socket" || die "no munge socket"
  slurmctld -c -f "$dir/slurm.conf" 2>> "$dir/log/start.log" || die "slurmctld: see $dir/log"
  wait_for 20 "$dir/bin/sinfo" || die "slurmctld does not answer: see $dir/log"
  slurmd -f "$dir/slurm.conf" 2>> "$dir/log/start.log" || die "slurmd: see $dir/log"
  wait_for 30 node_idle || { "$dir/bin/sinfo" -R >&2; die "node not idle: see $dir/log"; }
  printf 'export SLURM_CONF=%s\nexport PATH=%s:$PATH\n' "$dir/slurm.conf" "$dir/bin" | tee "$dir/env.sh"
  trap - EXIT
}
case $1 in
  start) mkdir -p "$2"; dir=$(cd "$2" && pwd); do_start ;;
  stop) [ -d "$2" ] || exit 0; dir=$(cd "$2" && pwd); do_stop ;;
  *) die "unknown verb $1" ;;
esac
