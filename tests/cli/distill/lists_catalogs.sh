#!/usr/bin/env bash
# --list prints what settings files can name, with defaults and sources, and needs nothing else.
source "$KDSEG_TEST_LIB"
run "$BIN/distill" --list terms
expect_stdout '^cross-entropy: '
expect_stdout 'class-weights = 1'
expect_stdout 'source: Vadacchino'
run "$BIN/distill" --list networks
expect_stdout '^had-net-unet: '
expect_stdout '^hierarchical-discriminator: '
run "$BIN/distill" --list procedures
expect_stdout '^teacher-student: '
expect_error 2 'list' "$BIN/distill" --list losses
