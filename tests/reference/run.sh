#!/usr/bin/env bash
# run.sh VENV BUILD [mutate]: reference values anew, with a Python that can import torch. The programs need LibTorch's
# libraries alone, so VENV may lack the wheels that `import torch` wants; then those of the benchmark are used.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$1/bin/python build=$2
if ! "$python" -c 'import torch' 2> /dev/null; then
  python=build/bench-venv/bin/python
  if ! "$python" -c 'import torch' 2> /dev/null; then
    echo "reference: installing PyTorch (once, about a minute, 5 GB)"
    python3 -m venv build/bench-venv
    build/bench-venv/bin/pip install -q --disable-pip-version-check torch==2.11.0 numpy
  fi
fi
echo "reference: numbers of the parity tests"
"$python" -B tests/reference/parity.py
echo "reference: losses, updates and counts of papers to come"
"$python" -B tests/reference/coming_papers.py
echo "reference: first iterations of every method into tests/reference/first_steps.csv"
"$python" -B tests/reference/first_steps.py tests/reference/first_steps.csv
echo "reference: first iterations of unpaired streams into tests/reference/unpaired_steps.csv"
"$python" -B tests/reference/unpaired_steps.py tests/reference/unpaired_steps.csv
git --no-pager diff --stat -- tests/reference/first_steps.csv tests/reference/unpaired_steps.csv || true  # a bundle has no history
if [[ ${3:-} == mutate ]]; then
  echo "reference: changing each value of the settings files"
  "$python" -B tests/reference/mutate_settings.py "$build/tests/golden/golden_first_steps"
fi
