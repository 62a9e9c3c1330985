#!/usr/bin/env bash
# Sheets as people keep them: semicolons, other columns, blanks in names, sequences that some cases lack.
source "$KDSEG_TEST_LIB"
nifti() { python3 "$KDSEG_SOURCE_DIR/tests/cli/make_nifti.py" "$@"; }
mkdir -p 'scans, of ours'
for p in 1 2 3; do
  for channel in flair t1; do nifti "scans, of ours/$p $channel.nii.gz" --seed "$p${#channel}"; done
  nifti "scans, of ours/$p seg.nii.gz" --kind label --type uint8
done
import() { run "$BIN/preprocess" --classes NCR=1,ED=2,ET=4 --output-dir "$@"; }

# Semicolons with a byte-order mark and Windows line ends give what commas give.
row() { printf '%s 1;train;63;F;scans, of ours/1 flair.nii.gz;scans, of ours/1 t1.nii.gz;scans, of ours/1 seg.nii.gz\r\n' "$1"; }
{ printf '\xef\xbb\xbfcase;split;age;sex;flair;t1;label\r\n'; row 'Doe, J.'; } >semicolon.csv
import semicolon --cases semicolon.csv
expect_file 'semicolon/Doe, J. 1.h5'
expect_stderr 'no file is named in age, sex'
expect_equal "$(head -n 1 semicolon/cases.tsv)" $'case\tfile\tstratum\tsplit\tfold\tage\tsex'
expect_equal "$(tail -n 1 semicolon/cases.tsv)" $'Doe, J. 1\tDoe, J. 1.h5\t\ttrain\t\t63\tF'
semicolon=$(content_of)
{ echo 'sep=;'; tail -c +4 semicolon.csv; } >said.csv
import said --cases said.csv --case 'Doe, J. 1'
expect_equal "$(content_of)" "$semicolon"
import chosen --cases semicolon/cases.tsv --case 'Doe, J. 1'
expect_file 'chosen/Doe, J. 1.h5'
expect_error 2 "no case 'Doe'" "$BIN/preprocess" --cases semicolon/cases.tsv --case Doe --output-dir none

# An empty cell says that the case lacks the sequence; its volume has the others.
{
  printf 'case\tflair\tt1\tlabel\n'
  printf 'p1\tscans, of ours/1 flair.nii.gz\tscans, of ours/1 t1.nii.gz\tscans, of ours/1 seg.nii.gz\n'
  printf 'p2\tscans, of ours/2 flair.nii.gz\t\tscans, of ours/2 seg.nii.gz\n'
} >gaps.tsv
import gaps --cases gaps.tsv
expect_stderr 'case p2: no t1 scan'
run "$BIN/preprocess" --image 'flair=scans, of ours/2 flair.nii.gz' --label 'scans, of ours/2 seg.nii.gz' \
  --classes NCR=1,ED=2,ET=4 --output p2.h5
alone=$(content_of)
printf 'case\tfile\tstratum\tsplit\tfold\np2\tp2.h5\t\t\t\n' >gaps/p2.tsv
run "$BIN/preprocess" --cases gaps/p2.tsv --output-dir one --verbose
expect_equal "$(grep -Eo 'p2.h5: content_sha256 [0-9a-f]{64}' "$latest_err" | cut -d' ' -f3)" "$alone"
run "$BIN/preprocess" --cases gaps.tsv --classes NCR=1,ED=2,ET=4 --check
expect_stdout $'^p2\t\tok\t12x11x10\tflair\t.*no t1 scan'

refused() {
  printf '%b\n' "${@:2}" >bad.csv
  expect_error 3 "$1" "$BIN/preprocess" --cases bad.csv --output-dir bad
  expect_no_file bad
}
cp 'scans, of ours/1 t1.nii.gz' a.nii.gz
refused 'bad.csv:3: case p2: column t1 holds scans, but .n/a. is no file' case,t1 p1,a.nii.gz p2,n/a
refused 'bad.csv:2: case .p.1. has a control character' case,t1 '"p\t1",a.nii.gz'
refused 'bad.csv:2: case .p.1. has a control character' case,t1 '"p\n1",a.nii.gz'
# What cannot be seen: a space of no width, a turn of the direction, the next line of Unicode.
for unseen in '\xe2\x80\x8b' '\xe2\x80\xae' '\xc2\x85'; do
  refused 'bad.csv:2: case .p.1. has a control character' case,t1 "p${unseen}1,a.nii.gz"
done
# Columns that a spreadsheet never filled.
printf 'case;t1;;\np1;a.nii.gz;;\n' >wide.csv
run "$BIN/preprocess" --cases wide.csv --output-dir wide
expect_equal "$(head -n 1 wide/cases.tsv)" $'case\tfile\tstratum\tsplit\tfold'
refused 'no scan at all: no flair, no t1 \(bad.csv:3\)' case,flair,t1 p1,a.nii.gz,a.nii.gz p2,,
refused 'no column of scans.*no file is named in age' case,age p1,63

# In a data set's folder a lacking file is a fault of the copy, unless the user says otherwise.
manifest=$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml
make_cohort cohort --cases 2 --seed 1
rm "$(find cohort -name '*_t1ce.nii.gz' | sort | tail -n 1)"
expect_error 3 'no t1ce scan' "$BIN/preprocess" --manifest "$manifest" --root cohort --output-dir volumes
run "$BIN/preprocess" --manifest "$manifest" --root cohort --output-dir volumes --allow-missing
expect_stderr 'no t1ce scan; its volume has the other channels'
expect_equal "$(find volumes -name '*.h5' | wc -l)" 2
expect_error 2 '--allow-missing goes with' "$BIN/preprocess" --image t1=a.nii.gz --output x.h5 --allow-missing
