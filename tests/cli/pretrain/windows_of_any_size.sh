#!/usr/bin/env bash
# U-HeMIS's settings at small scale: windows from volumes of any size, landmarks learnt from the
# training cases, a rate that falls in steps; prepared volumes and scans take the fitted recipe.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
settings="$KDSEG_SOURCE_DIR/config/experiments/had-net"
sed -e 's/^landmarks = .*/landmarks = from-train/' -e 's/^least-size = .*/least-size = 16/' \
  -e 's/^padding = .*/padding = 2/' "$settings/recipe-hemis.ini" >learning.ini
cat >small.ini <<'INI'
recipe = learning.ini
epochs = 2
width = 2
patch = 24 24 24
validate-every = 2
step-decay-every = 3
INI
train=("$BIN/pretrain" --where split=train --validate split=val --device cpu --threads 1
  --config "$settings/u-hemis.ini" --config small.ini)
P=("${train[@]}" --cases volumes/cases.tsv)
content=$(content_of_run "${P[@]}" --output a.h5 --history a.csv)
expect_equal "$(content_of_run "${P[@]}" --output b.h5 --workers 0)" "$content"
# Three steps an epoch: the second epoch runs at a quarter of 1e-3.
column=$(head -1 a.csv | tr ',' '\n' | grep -n '^learning-rate$' | cut -d: -f1)
expect_equal "$(cut -d, -f"$column" a.csv | tail -n +2 | paste -sd' ')" "0.001 0.00025"

# The same from volumes that the fitted recipe prepared.
run "$BIN/preprocess" --cases volumes/cases.tsv --recipe learning.ini --output-dir prepared
expect_equal "$(content_of_run "${train[@]}" --cases prepared/cases.tsv --output c.h5)" "$content"

echo 'patch =' >whole.ini
expect_error 2 'size = any: give --patch' "${P[@]}" --config whole.ini --output d.h5
expect_exit 75 "${P[@]}" --output e.h5 --deadline 0.001
expect_error 2 'other settings: step-decay-factor was 0.25, is 0.5' "${P[@]}" --output e.h5 \
  --step-decay-factor 0.5

if [[ -x $BIN/ensemble-label ]]; then
  run "$BIN/ensemble-label" --model a.h5 --cases volumes/cases.tsv --where split=val --device cpu \
    --window 24,24,24 --overlap 0.25 --window-weights center --output-dir labels
  expect_file labels/*.h5
fi
