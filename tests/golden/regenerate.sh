#!/usr/bin/env bash
# regenerate.sh BIN: writes the help page of every program in the folder BIN into tests/golden/help.
set -euo pipefail
bin=${1:?usage: tests/golden/regenerate.sh FOLDER_OF_PROGRAMS}
pages=$(dirname "$0")/help
mkdir -p "$pages"
for program in phantom preprocess evaluate pretrain distill ensemble-label mcdropout cyclegan-align; do
  if [[ -x $bin/$program ]]; then
    "$bin/$program" --help >"$pages/$program.txt"
    echo "$pages/$program.txt"
  fi
done
