#!/usr/bin/env bash
# Wrong settings end with code 2 before anything is touched, and say what was expected.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
P=("$BIN/pretrain" "${common[@]}" --output a.h5)
expect_error 2 "did you mean '--epochs'" "${P[@]}" --epoch 3
printf 'epohcs = 3\n' > typo.ini
expect_error 2 "typo.ini:1: .*epohcs.*did you mean 'epochs'" "${P[@]}" --config typo.ini
printf '[term.cross-entropi]\n' > typo.ini
expect_error 2 "typo.ini:1: .*did you mean 'cross-entropy'" "${P[@]}" --config typo.ini
printf '[term.cross-entropy]\ndecai = 1\n' > typo.ini
expect_error 2 "typo.ini:2: .*decai.*did you mean 'decay'" "${P[@]}" --config typo.ini
printf '[augment]\nflip-probability = 2\n' > typo.ini
expect_error 2 'typo.ini:2: .*flip-probability is 2' "${P[@]}" --config typo.ini
expect_error 2 'learning-rate' "${P[@]}" --learning-rate -1
expect_error 2 'epochs' "${P[@]}" --epochs 0
expect_error 2 'precision' "${P[@]}" --precision fp8
expect_error 2 'precision.*fp16.*fp32, tf32, bf16' "${P[@]}" --precision fp16
expect_error 2 'split' "${P[@]}" --where split=nowhere
expect_error 2 'selected for training and for validation' "$BIN/pretrain" --cases volumes/cases.tsv --where split=train \
  --validate split!=val --device cpu --config settings.ini --output a.h5
expect_error 2 'cases is required' "$BIN/pretrain" --output a.h5
expect_error 2 'output is required' "$BIN/pretrain" "${common[@]}"
expect_error 2 'source volumes.*--recipe' "$BIN/pretrain" "${cases[@]}" --output a.h5 --device cpu
expect_error 2 'plateau.*--validate' "$BIN/pretrain" --cases volumes/cases.tsv --where split=train \
  --config settings.ini --output a.h5
expect_no_file a.h5 a.h5.run
touch a.h5
expect_error 2 'a.h5 exists; --force' "${P[@]}"
expect_no_file a.h5.run
run "${P[@]}" --force --epochs 1
expect_stderr 'a.h5 exists: this training starts over and replaces it; --init a.h5 would go on'
[[ -s a.h5 ]] || fail "--force did not replace the output"
