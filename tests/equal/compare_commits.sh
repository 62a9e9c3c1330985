#!/usr/bin/env bash
# compare_commits.sh BASE [PAPER...]: whether the newest commit trains what the commit BASE trained. Builds both, lets
# each one's own workflow train every method of BASE's papers at tiny scale on the CPU, one thread per training, and
# compares the checkpoints by their names: equal content_sha256, or equal parameters where the file format has changed.
# Prints a line per checkpoint and a last one; exit code 1 where one differs, is missing or could not be trained.
# What is not committed takes no part. The first call takes ten minutes on 2 cores, a later one what has changed.
# build/equal/BASE keeps BASE's programs and checkpoints; KDSEG_EQUAL_BASES names another folder of such, which checkouts
# of the repository may share. build/equal/newest is the newest commit's. JOBS: cores (all).
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
fail() {
  echo "compare_commits: error: $*" >&2
  exit 1
}
[ $# -ge 1 ] || { echo "usage: tests/equal/compare_commits.sh BASE [PAPER...]" >&2; exit 2; }
base=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "compare_commits: error: no commit '$1' here" >&2; exit 2; }
newest=$(git rev-parse HEAD)
shift
jobs=${JOBS:-$(nproc)}
bases=${KDSEG_EQUAL_BASES:-$root/build/equal}
old=$bases/$base new=$root/build/equal/newest
[ -x .venv/bin/snakemake ] || fail "no .venv: run \`make setup\`"
unset OMP_NUM_THREADS

# built FOLDER COMMIT: the programs of a commit, from a worktree of its own.
built() {
  local folder=$1 commit=$2
  mkdir -p "$folder"
  if [ "$(git -C "$folder/source" rev-parse --show-toplevel 2> /dev/null)" != "$(realpath -m "$folder/source")" ]; then
    rm -rf "$folder/source"
    git worktree prune
    git worktree add --quiet --detach "$folder/source" "$commit" || fail "no worktree in $folder/source"
  fi
  git -C "$folder/source" checkout --quiet --detach "$commit" || fail "$folder/source has changes of its own"
  ln -sfn "$(realpath .venv)" "$folder/source/.venv"
  cmake -S "$folder/source" -B "$folder/source/build/release" -G Ninja -DCMAKE_BUILD_TYPE=Release -DKDSEG_WITH_TESTS=OFF \
    -DKDSEG_WITH_BENCH=ON > "$folder/build.log" 2>&1 || { tail -n 40 "$folder/build.log" >&2; fail "$commit does not configure"; }
  "$folder/source/cmake/compile.sh" "$folder/source/build/release" "$jobs" programs bench_steps > /dev/null || fail "$commit does not build"
}

# trained FOLDER PAPER...: every checkpoint of the papers, by the workflow of that folder's commit. Scores, tables and
# figures are left out.
trained() {
  local folder=$1 paper commit files
  shift
  commit=$(git -C "$folder/source" rev-parse --short HEAD)
  rm -rf "$folder/run"
  mkdir -p "$folder/run"
  cp -r "$folder"/source/{workflow,config,data-manifest} "$folder/run"
  for paper in "$@"; do
    [ -e "$folder/run/config/experiments/$paper/experiment.yaml" ] || fail "$commit has no experiment '$paper'"
    (
      cd "$folder/run"
      export PATH=$folder/source/build/release/bin:$root/.venv/bin:$PATH
      call=(snakemake --profile workflow/profiles/local --cores "$jobs" --max-threads 1)
      settings=(--config scale=tiny "paper=$paper" device=cpu folds=0)
      "${call[@]}" --summary "${settings[@]}" > "$paper.plan" 2> "$paper.log" || exit 1
      mapfile -t files < <(cut -f 1 "$paper.plan" | grep -E '/fold[0-9]+_seed[0-9]+/[^/]+\.h5$' | sort -u)
      [ ${#files[@]} -gt 0 ] && "${call[@]}" "${settings[@]}" -- "${files[@]}" > "$paper.log" 2>&1
    ) || { tail -n 30 "$folder/run/$paper.log" >&2; fail "$commit does not train $paper"; }
  done
}

mkdir -p "$bases" "$root/build/equal"
exec 9> "$bases/$base.lock" 8> "$root/build/equal/newest.lock"
flock 9  # checkouts that share BASE's folder take turns
if [ ! -e "$old/trained" ]; then
  echo "building and training $(git log -1 --format='%h %s' "$base")"
  built "$old" "$base"
  mapfile -t all < <(ls "$old/source/config/experiments")
  trained "$old" "${all[@]}"
  touch "$old/trained"
fi
flock -u 9
flock -n 8 || fail "another call works in build/equal/newest"
papers=("$@")
[ $# -gt 0 ] || mapfile -t papers < <(ls "$old/run/results")
echo "building and training $(git log -1 --format='%h %s' "$newest")"
built "$new" "$newest"
trained "$new" "${papers[@]}"
.venv/bin/python tests/equal/compare_checkpoints.py "$old/run/results" "$new/run/results" "${papers[@]}"
