#!/usr/bin/env bash
# Cases that cannot be trained on end with code 3 and name the case and the file.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
P=("$BIN/pretrain" "${common[@]}" --output a.h5 --epochs 1)
Q=("$BIN/pretrain" "${common[@]}" --output b.h5)
other=("$BIN/pretrain" --where split=train --device cpu --config settings.ini --plateau off --output b.h5)
victim=$(awk -F'\t' 'NR > 1 && $4 == "train" { print $2; exit }' volumes/cases.tsv)
case_id=$(awk -F'\t' 'NR > 1 && $4 == "train" { print $1; exit }' volumes/cases.tsv)
mv "volumes/$victim" kept.h5
expect_error 3 "case $case_id: .*$victim" "${P[@]}"
head -c 3000 kept.h5 > "volumes/$victim"
expect_error 3 "case $case_id: .*$victim" "${P[@]}"
echo 'not HDF5' > "volumes/$victim"
expect_error 3 "case $case_id: .*$victim" "${P[@]}"
cp kept.h5 "volumes/$victim"
run "${P[@]}"
expect_error 3 'no such|missing|cannot' "${other[@]}" --cases absent.tsv

# Another kind of our own files in place of a volume.
cp a.h5 "volumes/$victim"
expect_error 3 "case $case_id: .*checkpoint" "${Q[@]}"
cp kept.h5 "volumes/$victim"

# A case in two splits.
{ cat volumes/cases.tsv; awk -F'\t' -v OFS='\t' 'NR == 2 { $4 = $4 == "train" ? "val" : "train"; print }' volumes/cases.tsv; } > volumes/twice.tsv
expect_error 3 "twice" "${other[@]}" --cases volumes/twice.tsv

# Channels that the volumes do not have.
expect_error 3 'case .*4 channels \(flair,t1ce,t1,t2\).*expects 2 \(flair,swi\); choose them with --channels' \
  "${Q[@]}" --channels flair,swi

# A checkpoint to start from that was trained on other channels.
expect_error 3 'a.h5: .*flair,t1ce,t1,t2.*flair,t1,t2' "${Q[@]}" --channels flair,t1,t2 --init a.h5
expect_error 3 'a.h5: ' "${Q[@]}" --init a.h5 --width 4
expect_no_file b.h5
