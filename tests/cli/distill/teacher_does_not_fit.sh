#!/usr/bin/env bash
# A teacher that is missing, broken or of other data is named with what it expects.
source "$KDSEG_TEST_LIB"
source "$KDSEG_SOURCE_DIR/tests/cli/distill/common.bash"
make_teacher
plain=("$BIN/distill" "${cases[@]}" --device cpu --threads 1 --config distill.ini --output a.h5)
expect_error 2 'teacher is required' "${plain[@]}"
printf 'width = 2\n' > labels_only.ini
expect_error 2 'nothing in the settings uses the teacher' "$BIN/distill" "${cases[@]}" --config labels_only.ini \
  --teacher teacher.h5 --output a.h5
expect_no_file a.h5.run
expect_error 3 'absent.h5' "${plain[@]}" --teacher absent.h5
head -c 2000 teacher.h5 > broken.h5
expect_error 3 'broken.h5' "${plain[@]}" --teacher broken.h5
first=$(awk -F'\t' 'NR == 2 { print $2 }' volumes/cases.tsv)
expect_error 3 "$first" "${plain[@]}" --teacher "volumes/$first"
# Volumes without the teacher's contrast-enhanced sequence.
mkdir three
for folder in scans/*/*/; do
  id=$(basename "$folder")
  run "$BIN/preprocess" --image flair="$folder/${id}_flair.nii.gz" --image t1="$folder/${id}_t1.nii.gz" \
    --image t2="$folder/${id}_t2.nii.gz" --label "$folder/${id}_seg.nii.gz" \
    --manifest "$KDSEG_SOURCE_DIR/data-manifest/brats-2018.yaml" --output "three/$id.h5" --quiet
done
cp volumes/cases.tsv three/cases.tsv
expect_error 3 'case .*: 3 channels \(flair,t1,t2\), teacher.h5 expects 4 \(flair,t1ce,t1,t2\)' \
  "$BIN/distill" --cases three/cases.tsv --where split=train --config distill.ini --output a.h5 \
  --device cpu --teacher teacher.h5
# Another recipe than the teacher's.
printf 'name = other\nclip-sigma = 2\n' > other.ini
expect_error 3 'other.ini.*is not that of teacher.h5' "${plain[@]}" --teacher teacher.h5 --recipe other.ini
expect_no_file a.h5
# A teacher of another width: its maps cannot be compared with the student's.
expect_error 3 "the teacher's d2 are \[1, 4, .*the student's \[1, 8, .*--width" \
  "${plain[@]}" --teacher teacher.h5 --width 4
expect_no_file a.h5
# A teacher that was trained on the cases its student is validated on.
run "$BIN/distill" --cases volumes/cases.tsv --where split=val --validate split=train \
  --config distill.ini --teacher teacher.h5 --output a.h5 --device cpu --epochs 1
expect_stderr 'warning: teacher.h5 was trained on 3 of the 3 validation cases'
