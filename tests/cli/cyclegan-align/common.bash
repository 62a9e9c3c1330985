# Two kinds of images of different people, and settings that translate between them.
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"

# make_unpaired: volumes/cases.tsv with a column `kind`: two cases one, two cases two, one other;
# streams.ini and translator.ini, together align.ini; `sheet` and `align`.
make_unpaired() {
  make_volumes
  awk -F'\t' -v OFS='\t' 'NR == 1 {print $0, "kind"; next}
    {print $0, NR < 4 ? "one" : NR < 6 ? "two" : "other"}' volumes/cases.tsv > volumes/kinds.tsv
  printf 'name = slices\ncrop = center\nsize = 32 32 6\n' > slices.ini
  cat > streams.ini <<'INI'
recipe = slices.ini
epochs = 2
epoch-iterations = 3
batch = 2

[stream.a]
where = kind=one
channels = t1
unit = slice
[stream.t]
where = kind=two
channels = t2
unit = slice
INI
  cat > translator.ini <<'INI'
[translation]
pool = 5
[generator]
width = 2
[discriminator]
width = 2
INI
  cat streams.ini translator.ini > align.ini
  sheet=(--cases volumes/kinds.tsv --device cpu --threads 1)
  align=("$BIN/cyclegan-align" "${sheet[@]}" --config align.ini)
}
