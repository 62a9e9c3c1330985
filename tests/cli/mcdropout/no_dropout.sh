#!/usr/bin/env bash
# A network that drops nothing is refused by name, with what to do instead; nothing is written.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/ensemble-label/common.bash"
make_volumes
printf '\n[network.had-net-unet]\ndropout = 0\n' >> settings.ini
make_network still.h5 flair,t1,t2
refused=(expect_error 3 'still.h5: its network had-net-unet drops nothing.*dropout = 0.2.*ensemble-label' "$BIN/mcdropout")
"${refused[@]}" --model still.h5 "${on_cpu[@]}" --cases volumes/cases.tsv --output-dir out
expect_no_file out
"${refused[@]}" --model still.h5 "${on_cpu[@]}" --describe
