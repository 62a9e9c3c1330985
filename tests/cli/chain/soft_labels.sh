#!/usr/bin/env bash
# Soft labels from a network into volumes, beside hard ones into trainings; certain ones equal hard ones, wrong ones are refused.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/pretrain/common.bash"
make_volumes
printf 'recipe = recipe.ini\nepochs = 1\nwidth = 2\nlearning-rate = 1e-3\nvalidate-every = 1\n[term.cross-entropy]\nclass-weights = 1 59 23 71\n[term.dice]\n' > plain.ini
train=(--where split=train --device cpu --threads 1 --config plain.ini)
run "$BIN/pretrain" --cases volumes/cases.tsv "${train[@]}" --output net.h5

# Shares of 1 are hard labels: the same losses.
python3 - <<'PY'
import glob, h5py, numpy as np, os, shutil
for folder, names in (("certain", ("share",)), ("both", ("label", "share"))):
    os.makedirs(folder)
    shutil.copy("volumes/cases.tsv", folder)
    for path in glob.glob("volumes/*.h5"):
        with h5py.File(path) as old, h5py.File(path.replace("volumes", folder), "w") as new:
            new["image"] = old["image"][()]
            if "label" in names:
                new["label"] = old["label"][()]
            new["share"] = (old["label"][()] == np.arange(4)[:, None, None, None]).astype("u1") * np.uint8(255)
            new["share"].attrs["channels"] = list(old.attrs["class-names"])
            for name, value in old.attrs.items():
                if name != "content_sha256":
                    new.attrs[name] = value
PY
for folder in certain both; do
  run "$BIN/pretrain" --cases $folder/cases.tsv "${train[@]}" --validate split=val --output $folder.h5 --history $folder.csv
done
run "$BIN/pretrain" --cases volumes/cases.tsv "${train[@]}" --validate split=val --output hard.h5 --history hard.csv
python3 - <<'PY'
import csv
hard, certain, both = (list(csv.DictReader(open(f"{n}.csv")))[0] for n in ("hard", "certain", "both"))
for soft in (certain, both):
    for column in ("cross-entropy", "dice", "loss", "validation-loss"):
        assert abs(float(soft[column]) / float(hard[column]) - 1) < 1e-5, (column, soft[column], hard[column])
    assert abs(float(soft["score"]) - float(hard["score"])) < 1e-3  # a voxel where two classes tie in the last bit
PY

# A pool: the mean of networks as labels, and the sheet that says so. The volume's own label is gone.
annotate=("$BIN/ensemble-label" --model net.h5 --cases volumes/cases.tsv --device cpu --threads 1)
run "${annotate[@]}" --where split=val --annotate soft --output-dir pool
expect_stderr 'pool: 2 volumes'
run "${annotate[@]}" --where split=val --annotate hard --output-dir hard
run "${annotate[@]}" --where split=val --probability --output-dir predictions
python3 - <<'PY'
import csv, glob, h5py, numpy as np
rows = list(csv.DictReader(open("pool/cases.tsv"), delimiter="\t"))
assert len(rows) == 2 and {r["labels"] for r in rows} == {"annotation"} and {r["split"] for r in rows} == {"val"}, rows
for row in rows:
    soft, hard, plain, source = (h5py.File(f"{d}/{row['file']}") for d in ("pool", "hard", "predictions", "volumes"))
    assert soft["share"].dtype == np.uint16 and "share" not in hard
    assert list(soft["share"].attrs["channels"]) == list(plain.attrs["class-names"])
    assert np.abs(soft["share"][()] / 65535 - plain["probability"][()]).max() < 3e-4  # float16 beside u16
    assert np.abs(soft["share"][()].astype("i8").sum(0) - 65535).max() <= 2
    for one in (soft, hard):
        assert np.array_equal(one["label"], plain["label"]) and np.array_equal(one["image"], source["image"])
    assert not np.array_equal(soft["label"], source["label"])
PY
# Both in one run: a sheet of cases with truth and of the pool.
{ head -n 1 volumes/cases.tsv | sed 's/$/\tlabels/'
  awk -F'\t' '$4 == "train" { print $1 "\tvolumes/" $2 "\t" $3 "\t" $4 "\t" $5 "\ttruth" }' volumes/cases.tsv
  tail -n +2 pool/cases.tsv | sed 's/\t/\tpool\//; s/\tval\t/\ttrain\t/'; } > together.tsv
run "$BIN/pretrain" --cases together.tsv "${train[@]}" --batch 2 --output together.h5
printf '[term.soft-dice]\n' > distil.ini
run "$BIN/distill" --cases together.tsv "${train[@]}" --config distil.ini --teacher net.h5 --procedure teacher-student \
  --allow-leak on --output student.h5
expect_stderr 'student.h5 written'
# The column weight says how far a case's labels count: half the weight is half the step of plain gradient descent.
awk -F'\t' -v OFS='\t' 'NR == 1 { print $0, "weight"; next } { print $0, "0.5" }' together.tsv > half.tsv
awk -F'\t' -v OFS='\t' 'NR == 1 { print $0, "weight"; next } { print $0, "1" }' together.tsv > one.tsv
descent=("${train[@]}" --optimizer sgd)
run "$BIN/pretrain" --cases together.tsv "${descent[@]}" --learning-rate 0.125 --output whole-steps.h5
run "$BIN/pretrain" --cases half.tsv "${descent[@]}" --learning-rate 0.25 --output half-steps.h5
run "$BIN/pretrain" --cases one.tsv "${descent[@]}" --learning-rate 0.125 --output one-steps.h5
run "$BIN/pretrain" --cases half.tsv "${descent[@]}" --learning-rate 0.125 --output other-steps.h5
python3 - <<'PY'
import h5py, numpy as np
def parameters(name):
    with h5py.File(f"{name}.h5") as f:
        return [v[()] for v in f["parameters"].values()]
whole = parameters("whole-steps")
for name in ("half-steps", "one-steps"):
    assert all(np.array_equal(a, b) for a, b in zip(whole, parameters(name))), name
assert not all(np.array_equal(a, b) for a, b in zip(whole, parameters("other-steps")))
PY
sed '2s/0.5$/0/' half.tsv > odd.tsv
expect_error 3 "odd.tsv:2: case .* has weight '0', expected a number above 0" "$BIN/pretrain" --cases odd.tsv "${descent[@]}" \
  --learning-rate 0.1 --output none.h5
# Scores against made labels are told to be no test.
run "$BIN/pretrain" --cases together.tsv --where labels=truth --validate labels=annotation --device cpu --threads 1 --config plain.ini --output warned.h5
expect_stderr '2 of the 2 validation cases have labels that were made'
run "$BIN/evaluate" --cases pool/cases.tsv --prediction predictions --output none.csv
expect_stderr '2 of the 2 references were made'
sed 's/annotation/guess/' pool/cases.tsv > pool/odd.tsv
expect_error 3 "labels 'guess', expected truth, annotation or nothing" "$BIN/pretrain" --cases pool/odd.tsv --device cpu --config plain.ini --output none.h5

# As scans of the network's own, on the scan's grid, they come in as they are.
run "${annotate[@]}" --where split=val --probability --nifti --output-dir nifti
run "$BIN/preprocess" --cases volumes/cases.tsv --where split=val --annotations nifti --share-order background,NCR,ED,ET \
  --output-dir from-scans
run "$BIN/preprocess" --cases volumes/cases.tsv --where split=val --annotations predictions --output-dir from-predictions
python3 - <<'PY'
import csv, h5py, numpy as np
for folder in ("from-scans", "from-predictions"):
    for row in csv.DictReader(open(f"{folder}/cases.tsv"), delimiter="\t"):
        with h5py.File(f"{folder}/{row['file']}") as made, h5py.File(f"pool/{row['file']}") as pool:
            assert np.array_equal(made["label"], pool["label"]), folder
            assert np.abs(made["share"][()].astype("i8") - pool["share"][()]).max() < 20, folder  # of 65535; float16 between
PY
run "$BIN/pretrain" --cases from-scans/cases.tsv --device cpu --threads 1 --config plain.ini --output scans.h5

# Wrong ones.
expect_error 2 'annotate soft writes volumes' "${annotate[@]}" --annotate soft --nifti --output-dir none
python3 - <<'PY'
import glob, h5py, os, shutil
for name, change in (("regions", lambda s: (s.attrs.__setitem__("kind", "sigmoid"))), ("order", lambda s: s.attrs.__setitem__("channels", ["background", "ED", "NCR", "ET"])), ("sum", lambda s: s.__setitem__((1, 2, 3, 4), 40))):
    shutil.copytree("both", name)
    for path in glob.glob(f"{name}/*.h5"):
        with h5py.File(path, "r+") as f: change(f["share"])
PY
for name in regions order sum; do
  pattern=$([ $name = regions ] && echo 'independent regions .*--head regions' || { [ $name = order ] && echo 'channels are background,ED,NCR,ET, class-names are background,NCR,ED,ET'; } || echo 'sum to 1.15686 at voxel \(4, 3, 2\)')
  expect_error 3 "$pattern" "$BIN/pretrain" --cases $name/cases.tsv "${train[@]}" --output none.h5
done
expect_no_file none none.h5
