#!/usr/bin/env bash
# run.sh BUILD SECONDS JOBS: every fuzzer for SECONDS, JOBS at a time, from its corpus. What crashes one is kept in
# BUILD/fuzzers/NAME-found, as are the new inputs (NAME-new), which are no part of the repository's corpus.
set -euo pipefail
build=$1 seconds=$2 jobs=$3
corpus=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/corpus
cd "$build/fuzzers"
one() {
  local name=$1
  mkdir -p "$name-new" "$name-found"
  if ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 "./fuzz_$name" -max_total_time="$seconds" -timeout=20 \
      -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -artifact_prefix="$name-found/" "$name-new" \
      "$corpus/$name" > "$name.log" 2>&1; then
    echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$name.log") inputs, none wrong"
  else
    grep -E 'ERROR|SUMMARY|Test unit written' "$name.log" | head -n 5 | sed "s/^/fuzz: $name: /"
    return 1
  fi
}
export -f one
export seconds corpus
ls -d fuzz_* | grep -v '\.' | sed 's/^fuzz_//' | xargs -P "$jobs" -I NAME bash -c 'one NAME'
