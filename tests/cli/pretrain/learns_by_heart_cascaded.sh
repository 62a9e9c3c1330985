#!/usr/bin/env bash
# A network of model distillation and its losses fit together when 200 steps on two heads of 64 voxels a side bring
# the Dice loss below 0.1.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/learns_by_heart.bash"
# Widths of 8, 4 and 2 from coarse to fine; the heads are the least cube already.
learns_by_heart cascaded.ini -- --width 2 --batch 2 --learning-rate 0.1
