#!/bin/sh
# run-gpu.sh [OUT]: what a GPU machine has to say, on synthetic data: the tests that compare CPU and GPU, then the time
# of a training step against PyTorch's Python. Writes gpu-tests.log, gpu-bench.log and gpu.csv into OUT (default: here).
# Needs a Python environment with torch 2.11 (KDSEG_PYTHON: its python; default python3). SIDE (96), WIDTH (32).
set -eu
root=$(dirname "$(readlink -f "$0")")
out=${1:-.}
python=${KDSEG_PYTHON:-python3}
mkdir -p "$out"
if [ -z "${KDSEG_TORCH-}" ]; then
  found=$("$python" -c 'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")') || found=
  [ -z "$found" ] || export KDSEG_TORCH="$found"
fi
"$root/bin/gpu_agreement" > "$out/gpu-tests.log" 2>&1 || { cat "$out/gpu-tests.log"; exit 1; }
cat "$out/gpu-tests.log"
if grep -q 'no usable GPU' "$out/gpu-tests.log"; then
  echo "run-gpu: no usable GPU on this machine: not measured" >&2
  exit 1
fi
"$python" "$root/bench/gpu.py" --steps-program "$root/bin/bench_steps" --side "${SIDE:-96}" --width "${WIDTH:-32}" \
  --output "$out/gpu.csv" > "$out/gpu-bench.log" 2>&1 || { cat "$out/gpu-bench.log"; exit 1; }
cat "$out/gpu-bench.log"
