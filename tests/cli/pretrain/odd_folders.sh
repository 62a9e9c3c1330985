#!/usr/bin/env bash
# Files dated in the future change nothing, and a folder that may not be written to is named at once.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
whole=$(content_of_run "$BIN/pretrain" "${common[@]}" --output whole.h5)
expect_exit 75 "$BIN/pretrain" "${common[@]}" --output a.h5 --deadline 0.001
find . -type f -exec touch -d '+2 days' {} +
expect_exit 75 "$BIN/pretrain" "${common[@]}" --output a.h5 --deadline 0.001
expect_equal "$(content_of_run "$BIN/pretrain" "${common[@]}" --output a.h5)" "$whole"

mkdir locked
chmod 555 locked
as_user=()
if [ "$(id -u)" = 0 ]; then  # root may write anywhere: ask as nobody
  as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  "${as_user[@]}" test -x "$BIN/pretrain" -a -r volumes/cases.tsv 2> /dev/null || skip "nobody may not read this folder"
fi
expect_exit 1 "${as_user[@]}" "$BIN/pretrain" "${common[@]}" --output locked/a.h5
expect_stderr 'pretrain: error: locked/.a.h5.unfinished: cannot be made: Permission denied'
