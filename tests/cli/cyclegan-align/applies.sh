#!/usr/bin/env bash
# A translator makes volumes of the other kind in either direction: prepared, labelled as before,
# with a sheet that every program takes; or scans on the cases' own grids.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/cyclegan-align/common.bash"
make_unpaired
run "${align[@]}" --output translator.h5
apply=("$BIN/cyclegan-align" --apply translator.h5 "${sheet[@]}")
all=$(content_of_run "${apply[@]}" --direction a-to-t --where kind=one --output-dir made)
expect_file made/cases.tsv
expect_equal "$(head -n 1 made/cases.tsv | tr '\t' ' ')" "$(head -n 1 volumes/kinds.tsv | tr '\t' ' ') translated"
expect_equal "$(awk -F'\t' 'NR > 1 {print $NF}' made/cases.tsv | sort -u)" a-to-t
expect_equal "$(wc -l < made/cases.tsv)" 3
run "${apply[@]}" --direction t-to-a --where kind=two --output-dir back
expect_equal "$(awk -F'\t' 'NR > 1 {print $NF}' back/cases.tsv | sort -u)" t-to-a

# The same command finds everything made; a single case is what it is among others.
case=$(awk -F'\t' 'NR == 2 {print $1}' made/cases.tsv)
run "$BIN/cyclegan-align" --apply translator.h5 --direction a-to-t --input "volumes/$case.h5" --device cpu --threads 1 --output one.h5
expect_error 2 'exists' "${apply[@]}" --direction a-to-t --where kind=one --output-dir made
expect_equal "$(content_of_run "${apply[@]}" --direction a-to-t --where kind=one --output-dir made --force)" "$all"

# Scans on the grid of the case's own.
run "${apply[@]}" --direction a-to-t --where kind=one --output-dir scans-made --nifti
expect_file "scans-made/$case.nii.gz"
scan=$(find scans -name "*$case*_t1.nii.gz" | head -n 1)
python3 - "$scan" "scans-made/$case.nii.gz" <<'PY' || fail 'another grid than the scan'
import gzip, struct, sys
def grid(path):
    head = gzip.open(path).read(348)
    return struct.unpack("<8h", head[40:56])[1:4], struct.unpack("<12f", head[280:328]), struct.unpack("<h", head[70:72])[0]
(shape, affine, _), (made_shape, made_affine, kind) = map(grid, sys.argv[1:])
sys.exit(shape != made_shape or any(abs(a - b) > 1e-3 for a, b in zip(affine, made_affine)) or kind != 16)
PY

# Every program takes them: a segmenting network is trained on made and true images of one kind, and
# labels both.
cat > segment.ini <<'INI'
procedure = mutual
recipe = slices.ini
epochs = 1
batch = 2
[stream.cases]
channels = t2
unit = slice
[network.student]
kind = resunet2d
width = 2
[term.cross-entropy]
[supervise.labels]
network = student
INI
run "$BIN/distill" --cases made/cases.tsv --device cpu --threads 1 --config segment.ini --output on-made.h5
run "$BIN/distill" "${sheet[@]}" --where kind=two --config segment.ini --output on-true.h5
run "$BIN/ensemble-label" --model on-made.h5 --cases made/cases.tsv --device cpu --threads 1 --output-dir labels
run "$BIN/evaluate" --cases made/cases.tsv --prediction labels --output scores.csv

# What does not fit is refused before anything is written.
expect_error 2 "no network 'a-to-b'|there is.*a-to-t" "${apply[@]}" --direction a-to-b --where kind=one --output-dir x
other=("$BIN/cyclegan-align" --apply translator.h5 --threads 1 --device cpu --output-dir x)
sed 's/\ttranslated$//; s/\ta-to-t$//' made/cases.tsv > made/plain.tsv
expect_error 3 't1' "${other[@]}" --direction a-to-t --cases made/plain.tsv
expect_error 3 'translated already' "${other[@]}" --direction t-to-a --cases made/cases.tsv
printf 'name = other\ncrop = center\nsize = 48 32 6\n' > other.ini
run "$BIN/preprocess" --cases volumes/kinds.tsv --recipe other.ini --output-dir prepared --quiet
expect_error 3 'recipe' "${other[@]}" --cases prepared/cases.tsv --where kind=one
expect_error 3 'no direction of a translator' "$BIN/cyclegan-align" --apply on-made.h5 "${sheet[@]}" --output-dir x
expect_no_file x/cases.tsv
