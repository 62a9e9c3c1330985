#!/usr/bin/env bash
# --stage trains from copies in $TMPDIR: the same result, nothing left there after success, a stop or an error.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
train=("$BIN/pretrain" "${common[@]}" --cache none)
whole=$(content_of_run "${train[@]}" --output plain.h5)
mkdir node
export TMPDIR=$PWD/node
expect_equal "$(content_of_run "${train[@]}" --stage --output staged.h5)" "$whole"
expect_stderr "5 volumes, .* GiB, copied to $TMPDIR/kdseg-stage-"
expect_equal "$(ls -A node)" "" "left in TMPDIR after success"

# Read from the copies: the originals are gone once the first state is there.
cp -r volumes away
"$BIN/pretrain" --cases away/cases.tsv --where split=train --validate split=val --device cpu --threads 1 \
  --config settings.ini --cache none --epochs 6 --checkpoint-every 0 --stage --output moved.h5 \
  > .latest/stdout 2> .latest/stderr &
process=$!
for _ in $(seq 1200); do
  compgen -G "moved.h5.run/state-*.h5" > /dev/null && break
  sleep 0.05
done
rm away/*.h5
wait "$process" || fail "the training read the originals"

# A stop keeps the state and takes the copies away; the same command goes on with new ones.
killed_at_first_state TERM stopped.h5.run "${train[@]}" --checkpoint-every 0 --epochs 40 --stage --output stopped.h5
expect_equal "$code" 75
expect_equal "$(ls -A node)" "" "left in TMPDIR after a stop"
run "${train[@]}" --epochs 40 --stage --output stopped.h5
expect_stderr 'continuing at step'

export TMPDIR=$PWD/absent
expect_error 2 "--stage: no folder can be made in $TMPDIR" "${train[@]}" --stage --output none.h5
expect_no_file none.h5
