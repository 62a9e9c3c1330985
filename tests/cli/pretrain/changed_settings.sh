#!/usr/bin/env bash
# A saved run continues with its own settings only; a change is named, and --resume never starts anew.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
cut=("$BIN/pretrain" "${common[@]}" --output a.h5)
expect_exit 75 "${cut[@]}" --deadline 0.001
expect_error 2 'a.h5.run holds a run with other settings: epochs was 3, is 4.*--resume never' \
  "${cut[@]}" --epochs 4
sed -i 's/decay = 0.9/decay = 0.8/' settings.ini
expect_error 2 '\[term.cross-entropy\] decay was 0.9, is 0.8' "${cut[@]}"
sed -i 's/decay = 0.8/decay = 0.9/' settings.ini
expect_error 2 'training cases was 3 cases, is 2 cases' "${cut[@]}" --limit 2
run "${cut[@]}" --epochs 1 --resume never
expect_file a.h5

# What does not change the result may change: the checks of other scripts rely on it.
expect_exit 75 "$BIN/pretrain" "${common[@]}" --output b.h5 --deadline 0.001
run "$BIN/pretrain" "${common[@]}" --output b.h5 --checkpoint-every 1 --history elsewhere.csv --verbose
expect_file elsewhere.csv

# A run that an older program began: its state lacks the layout of today's.
expect_exit 75 "$BIN/pretrain" "${common[@]}" --output old.h5 --deadline 0.001
python3 - <<'PY'
import glob, h5py
for path in glob.glob("old.h5.run/state-*.h5"):
    with h5py.File(path, "r+") as f:
        del f.attrs["layout"], f.attrs["content_sha256"]
PY
expect_error 2 'old.h5.run holds a run that another version of this program began; .*--resume never' "$BIN/pretrain" "${common[@]}" --output old.h5
run "$BIN/pretrain" "${common[@]}" --output old.h5 --resume never
