#!/usr/bin/env bash
# Missing, truncated, damaged and foreign checkpoints are refused by name with code 3.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
make_network student.h5 flair,t1,t2
volume=volumes/$(first_case val).h5
refused() {
  expect_error 3 "$1" "$BIN/ensemble-label" --model "$2" "${on_cpu[@]}" --input "$volume" --output out.h5
  expect_no_file out.h5
}
refused 'absent.h5: no such file' absent.h5
refused 'volumes: not a regular file' volumes
refused 'a volume file, expected a checkpoint file' "$volume"
echo 'no checkpoint' > text.h5
refused 'text.h5: not an HDF5 file' text.h5
size=$(stat -c %s student.h5)
for part in 1 4 8 12 15; do
  head -c $((size * part / 16)) student.h5 > cut.h5
  refused 'cut.h5: (truncated|not an HDF5 file)' cut.h5
done
cp student.h5 flipped.h5
printf 'XXXX' | dd of=flipped.h5 bs=1 seek=2500 conv=notrunc status=none
refused 'flipped.h5: truncated or damaged' flipped.h5
# The second of two models counts as well.
expect_error 3 'absent.h5' "$BIN/ensemble-label" --model student.h5 --model absent.h5 "${on_cpu[@]}" \
  --input "$volume" --output out.h5
# A file of one network gives it no name.
for program in ensemble-label mcdropout; do
  expect_error 2 "student.h5: holds one network without a name; leave '--network real' out" "$BIN/$program" \
    --model student.h5 --network real "${on_cpu[@]}" --input "$volume" --output out.h5
done
expect_no_file out.h5
