#!/usr/bin/env bash
# Labels that are there, but not asked for, are never read: without them the same translator comes
# out. Where a network that guides asks for them, their lack is an error.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/cyclegan-align/common.bash"
python3 -c 'import h5py' 2> /dev/null || skip 'needs h5py'
make_unpaired
with=$(content_of_run "${align[@]}" --output with.h5)
cp -r volumes bare
python3 - <<'PY'
import glob
import h5py
for path in glob.glob("bare/*.h5"):
    with h5py.File(path, "r+") as volume:
        del volume["label"]
        for name in ("content_sha256", "seal", "seal_sha256"):
            if name in volume.attrs:
                del volume.attrs[name]
PY
expect_equal "$(content_of_run "$BIN/cyclegan-align" --cases bare/kinds.tsv --device cpu --threads 1 --config align.ini --output without.h5)" "$with"

cat > guided.ini <<'INI'
[network.on-a]
kind = resunet2d
width = 2
[network.on-a-to-t]
kind = resunet2d
width = 2
[supervise.on-a]
network = on-a
stream = a
[supervise.on-a-to-t]
network = on-a-to-t
stream = a>t
shapes = 5
[term.cross-entropy]
INI
run "${align[@]}" --config guided.ini --output guided.h5 --history guided.csv
head -n 1 guided.csv | grep -Eq '(^|,)shape-on-a-to-t(,|$)' || fail 'the history lacks what guides'
expect_error 3 'has no label' "$BIN/cyclegan-align" --cases bare/kinds.tsv --threads 1 --config align.ini \
  --config guided.ini --output a.h5
# The target's labels are not asked for even then.
cp -r volumes half
awk -F'\t' '$NF == "two" {print $2}' bare/kinds.tsv | while read -r file; do cp "bare/$file" half/; done
run "$BIN/cyclegan-align" --cases half/kinds.tsv --device cpu --threads 1 --config align.ini --config guided.ini --output half.h5
