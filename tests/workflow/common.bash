# What the workflow's tests share: a copy of what the workflow reads, so that runs side by side do not meet.
set -euo pipefail
source_dir=$PWD
export PATH=$BIN:$source_dir/.venv/bin:$PATH
rm -rf "$WORK"
mkdir -p "$WORK"
cp -r workflow config data-manifest "$WORK"
cd "$WORK"

fail() {
  echo "FAIL: $*" >&2
  exit 1
}

# workflow CONFIG...: one run of snakemake; its output goes to log.txt.
workflow() {
  snakemake --profile workflow/profiles/local "${options[@]}" --config "$@" > log.txt 2>&1
}
options=(--cores 2)
