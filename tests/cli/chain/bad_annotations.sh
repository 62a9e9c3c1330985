#!/usr/bin/env bash
# What does not fit between labels, annotations and members ends in one line that says where, before anything is written:
# classes in another order, an annotation that is missing or lies elsewhere, an empty pool, a patch that the network cannot halve
# or that is larger than a volume, members that segment other regions.
source "$KDSEG_TEST_LIB"
make_cohort scans --cases 4 --gates off
manifest=(--manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml" --root scans)
run "$BIN/preprocess" "${manifest[@]}" --split 3,0,1 --pool train=1 --output-dir volumes
pool=$(awk -F'\t' '$6 == "yes" {print $1}' volumes/cases.tsv)
sed 's/^name = .*/name = tiny/' "$KDSEG_SOURCE_DIR/config/experiments/had-net/recipe.ini" > recipe.ini
learn=(--recipe recipe.ini --epochs 1 --width 2 --device cpu)
labelled=(--cases volumes/cases.tsv --where split=train)
run "$BIN/pretrain" "${labelled[@]}" "${learn[@]}" --output a.h5
annotate=("$BIN/ensemble-label" --cases volumes/cases.tsv --device cpu --output-dir made)

# An empty pool, in every place where one is asked for.
expect_error 2 'no case of 4 satisfies pool=no' "${annotate[@]}" --model a.h5 --where pool=no --annotate hard
expect_error 2 "pool 'val=all': the pool would be empty" "$BIN/preprocess" "${manifest[@]}" --split 3,0,1 --pool val=all --output-dir none
expect_no_file made none

# The same codes under other names: a case of the pool, labelled by a program that counts its classes otherwise.
printf 'case\tflair\tt1ce\tt1\tt2\tlabel\n' > scans.tsv
folder=$(echo scans/*/"$pool")
for s in "" _flair _t1ce _t1 _t2 _seg; do printf '%s' "${s:+$folder/}$pool$s${s:+.nii.gz}"; [ "$s" = _seg ] || printf '\t'; done >> scans.tsv
echo >> scans.tsv
run "$BIN/preprocess" --cases scans.tsv --classes ED=1,NCR=2,ET=4 --output-dir other
python3 - "$pool" <<'PY'
import csv, sys
rows = [r for r in csv.DictReader(open("volumes/cases.tsv"), delimiter="\t")]
with open("mixed.tsv", "w") as sheet:
    print("case", "file", "stratum", "split", "fold", "labels", sep="\t", file=sheet)
    for r in rows:
        own = r["case"] == sys.argv[1]
        print(r["case"], f"{'other' if own else 'volumes'}/{r['file']}", r["stratum"], "train" if own else r["split"], "",
              "annotation" if own else "", sep="\t", file=sheet)
PY
expect_error 3 "case .*: classes are .*NCR.*, case .* has " "$BIN/pretrain" --cases mixed.tsv --where split=train "${learn[@]}" --output no.h5
expect_no_file no.h5

# Annotations on another grid, and one that is not there.
run "$BIN/phantom" --grid 24,28,20 --spacing 7 --gates off --cases 1 --seed 5 --quiet --output-dir coarse
mkdir elsewhere
cp coarse/*/*/*_seg.nii.gz "elsewhere/$pool.nii.gz"
expect_error 3 "case $pool: .*elsewhere/.* has 24x28x20 at 7x7x7 mm, the scan 48x48x32 at 4x4x4 mm" "$BIN/preprocess" --cases volumes/cases.tsv --where pool=yes \
  --annotations elsewhere --output-dir none
mkdir empty
expect_error 3 "case $pool: .*neither empty/" "$BIN/preprocess" --cases volumes/cases.tsv --where pool=yes --annotations empty --output-dir none
expect_no_file none/cases.tsv none/$pool.h5

# Patches.
expect_error 3 'patch: 32x32x40 voxels, .*multiples of 16' "$BIN/pretrain" "${labelled[@]}" "${learn[@]}" --patch 32,32,40 --output no.h5
expect_error 3 'case .*: 32x48x32 voxels as prepared, --patch is larger along x: 48; expected patches that lie in the volume' \
  "$BIN/pretrain" "${labelled[@]}" "${learn[@]}" --patch 48,48,32 --output no.h5
expect_no_file no.h5

# Members that segment other regions.
run "$BIN/preprocess" --cases scans.tsv --classes lesion=1,rest=2,rim=4 --output-dir named
run "$BIN/pretrain" --cases named/cases.tsv "${learn[@]}" --output b.h5
expect_error 3 'b.h5 gives background,lesion,rest,rim .*expected the same classes' "${annotate[@]}" --model a.h5 --model b.h5 --where pool=yes --annotate hard
expect_equal "$(find made -name '*.h5' -o -name cases.tsv)" '' "files of a refused call"
