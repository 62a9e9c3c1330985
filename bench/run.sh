#!/usr/bin/env bash
# run.sh BUILD VENV: start-up times, one training step against the same step in PyTorch's Python, Monte Carlo dropout
# against its plain loop, and how threads wait, alone and on a busy machine; contenders taking turns in one run. Prints
# ratios (over 1: kdseg is faster) and writes build/bench.csv.
# Environment: ROUNDS (3), SIDE (48), WIDTH (8), STEPS (5).
set -euo pipefail
build=$1 venv=$2
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-3} side=${SIDE:-48} width=${WIDTH:-8} steps=${STEPS:-5}
cmake -S . -B "$build" -DKDSEG_WITH_BENCH=ON > /dev/null
cmake/compile.sh "$build" "$(nproc)" programs bench_steps
reference=build/bench-venv/bin/python
if ! "$reference" -c 'import torch' 2> /dev/null; then
  # The programs need LibTorch's libraries alone; `import torch` needs the wheels it depends on too.
  echo "bench: installing the PyTorch to compare with (once, about a minute, 5 GB)"
  python3 -m venv build/bench-venv
  build/bench-venv/bin/pip install -q --disable-pip-version-check torch==2.11.0 numpy
fi
"$venv/bin/python" bench/compare.py --bin "$build/bin" --steps-program "$(find "$build" -name bench_steps -type f)" \
  --reference "$reference" --rounds "$rounds" --side "$side" --width "$width" --steps "$steps" --output build/bench.csv
