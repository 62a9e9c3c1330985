#!/usr/bin/env bash
# A disk that fills up while a state is written ends the run with a message and no half file; with room again the
# same command ends as if nothing had been. The limit on the size of a file stands in for the disk.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
long=("$BIN/pretrain" "${common[@]}" --epochs 4 --checkpoint-every 0)
whole=$(content_of_run "${long[@]}" --output whole.h5)
on_full_disk() (  # in KiB
  trap '' XFSZ
  ulimit -f 64
  exec "$@"
)
expect_exit 1 on_full_disk "${long[@]}" --output full.h5
expect_stderr 'pretrain: error: .*full.h5.run/.*[Ff]ile too large'
expect_equal "$(grep -c ': error: ' .latest/stderr)" 1 "lines with an error"
expect_no_file full.h5 full.h5.run/failed
expect_equal "$(ls -A full.h5.run | grep -c partial || true)" 0 "half files"
expect_equal "$(content_of_run "${long[@]}" --output full.h5)" "$whole"

