#!/usr/bin/env bash
# Two OpenMP runtimes in one process fight over threads, and a login node must start the light
# programs without LibTorch: what the built programs load is checked here.
set -euo pipefail
bin=$1
checked=0

for program in phantom preprocess evaluate; do
  [[ -x $bin/$program ]] || continue
  libraries=$(ldd "$bin/$program")
  if grep -Eq 'libtorch|libc10' <<<"$libraries"; then
    echo "$program loads LibTorch" >&2
    exit 1
  fi
  checked=$((checked + 1))
done

for program in pretrain distill ensemble-label mcdropout cyclegan-align; do
  [[ -x $bin/$program ]] || continue
  libraries=$(ldd "$bin/$program")
  if grep -q 'not found' <<<"$libraries"; then
    echo "$program: $(grep 'not found' <<<"$libraries")" >&2
    exit 1
  fi
  runtimes=$(grep -o '=> [^ ]*libgomp[^ ]*' <<<"$libraries" | sort -u | wc -l)
  if [[ $runtimes != 1 ]]; then
    echo "$program loads $runtimes libgomp, expected 1:" >&2
    grep libgomp <<<"$libraries" >&2
    exit 1
  fi
  checked=$((checked + 1))
done

[[ $checked -gt 0 ]] || exit 77
