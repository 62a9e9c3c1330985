#!/usr/bin/env bash
# bundle.sh TAR TORCH: the bundle in an older and a newer Debian than the one it was built on, as an ordinary user:
# the whole chain from a synthetic cohort to a table, with LibTorch from the folder TORCH; then what is said without it.
source "$(dirname "$0")/root.bash"
tar=$1 torch=$(realpath "$2")

cat > build/bundle-chain.sh <<'E2'
set -eu
tar -xzf bundle.tar.gz
mv kdseg-* moved
PATH=$PWD/moved/bin:$PATH
settings=$PWD/moved/config/experiments/had-net
printf '[pretrain]\nwidth = 4\nepochs = 1\n[distill]\nwidth = 4\nepochs = 1\n' > tiny.ini
phantom --grid 24,28,20 --spacing 8 --gates off --cases 8 --seed 1 --quiet --output-dir scans
preprocess --manifest moved/data-manifest/brats-2018.yaml --root scans --split 4,2,2 --output-dir volumes
ways="--cases volumes/cases.tsv --where split=train --validate split=val --config tiny.ini"
code=0
KDSEG_TORCH=/nowhere pretrain --config "$settings/teacher.ini" $ways --output teacher.h5 2> refused.txt || code=$?
[ "$code" = 1 ] && grep -q "^pretrain: error: no lib/libtorch_cpu.so in '/nowhere'" refused.txt || { cat refused.txt; exit 1; }
code=0
pretrain --config "$settings/teacher.ini" $ways --output teacher.h5 2> refused.txt || code=$?
[ "$code" = 1 ] && grep -q "^pretrain: error: LibTorch 2.11 was not found" refused.txt || { cat refused.txt; exit 1; }
export KDSEG_TORCH=/opt/packages/torch
pretrain --config "$settings/teacher.ini" $ways --output teacher.h5
pretrain --config "$settings/student.ini" $ways --output start.h5
distill --config "$settings/had-net.ini" $ways --teacher teacher.h5 --init start.h5 --output student.h5
ensemble-label --model student.h5 --cases volumes/cases.tsv --where split=test --output-dir predictions
evaluate --cases volumes/cases.tsv --where split=test --prediction predictions --output cases.csv --summary summary.json
[ "$(wc -l < cases.csv)" -gt 1 ]
moved/bin/bench_steps supervised --side 16 --width 4 --steps 1 --warmup 0
code=0
KDSEG_PYTHON=false moved/run-gpu.sh gpu > said.txt 2>&1 || code=$?
[ "$code" = 1 ] && grep -q 'not measured' said.txt || { cat said.txt; exit 1; }
E2

for suite in bullseye trixie; do
  make_root "$suite"
  mkdir -p "$root/opt/packages"
  mount --bind -o ro "$(dirname "$torch")" "$root/opt/packages"
  cp "$tar" "$root/home/user/bundle.tar.gz"
  cp build/bundle-chain.sh "$root/home/user/chain.sh"
  chroot "$root" chown -R user /home/user
  as_user 'sh chain.sh > chain.log 2>&1' || { tail -n 20 "$root/home/user/chain.log"; echo "bundle: failed in a Debian $suite" >&2; exit 1; }
  echo "bundle: a Debian $suite with $(chroot "$root" ldd --version | sed -n 1p) runs the chain"
done
