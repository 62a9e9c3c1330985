# Volumes and a barely trained network for the scripts that predict.
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"

# make_network FILE CHANNELS [pretrain flags...]: one epoch at width 2.
make_network() {
  local file=$1 channels=$2
  shift 2
  run "$BIN/pretrain" "${common[@]}" --epochs 1 --channels "$channels" --output "$file" --quiet "$@"
}

# first_case SPLIT: its id.
first_case() { awk -F'\t' -v wanted="$1" '$4 == wanted { print $1; exit }' volumes/cases.tsv; }

# scan_of CASE CHANNEL: the scan's file.
scan_of() { find scans -name "$1_$2.nii.gz"; }

on_cpu=(--device cpu --threads 1)
