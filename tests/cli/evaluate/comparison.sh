#!/usr/bin/env bash
# Runs on the same cases are compared by paired tests; tables that do not fit are refused.
source "$(dirname "$KDSEG_TEST_LIB")/evaluate/common.bash"

table() { # FILE METRIC VALUE...: one score of cases c1, c2, ...
  local file=$1 metric=$2 i=0 value
  shift 2
  echo "case,region,metric,value,status,unit" >"$file"
  for value in "$@"; do echo "c$((i += 1)),ET,$metric,$value,normal,1" >>"$file"; done
}
table a.csv dice .80 .82 .75 .90 .60 .71 .88 .79
table b.csv dice .78 .80 .76 .85 .55 .70 .84 .79

run "$BIN/evaluate" --table a.csv --against b=b.csv --comparison comparison.csv \
  --summary summary.json --quiet
expect_quiet
expect_equal "$(head -n 1 comparison.csv)" \
  "region,metric,against,n_pairs,mean_difference,ci_lo,ci_hi,t,df,p_t,w,p_wilcoxon,p_holm,method,hodges_lehmann,rank_biserial"
expect_row comparison.csv \
  "ET,dice,b,8,0.0225,0.0075,0.0375,2.82593622,7,0.0255546961,1.5,0.046875,0.046875,exact,0.02,0.892857143"
expect_stdout "ET +dice +b +8 +0\.0225 +0\.0075 to 0\.0375 +0\.0256 +0\.0469 +0\.0469"
expect_json summary.json 's["table"] == "a.csv" and s["n_cases"] == 8'
expect_json summary.json 'row("ET", "dice")["ci_lo"] == 0.71625 and row("ET", "dice")["ci_hi"] == 0.84'
expect_json summary.json 'len(s["comparisons"]) == 1 and s["comparisons"][0]["w_plus"] == 26.5'
run "$BIN/evaluate" --table a.csv --against b=b.csv --rank case --summary ranking.json
expect_stdout "^this run +1\.1250 +1$" # better in 6 of 8 cases, equal in one, worse in one
expect_stdout "^b +1\.7500 +2$"
expect_json ranking.json '[r["rank"] for r in s["ranking"]] == [1, 2]'
run "$BIN/evaluate" --table a.csv --ddof 0 --bootstrap 0 --summary ddof.json
expect_json ddof.json 'row("ET", "dice")["std_ddof0"] == 0.0899218411'
expect_json ddof.json 'row("ET", "dice")["ci_lo"] is None'

refused() { # CODE PATTERN FLAGS...: no comparison is written
  expect_error "$1" "$2" "$BIN/evaluate" "${@:3}" --comparison new.csv
  expect_no_file new.csv
}
table seven.csv dice .78 .80 .76 .85 .55 .70 .84
refused 3 "seven.csv: 8 cases against 7, 7 in common \(seven.csv lacks case c8\)" \
  --table a.csv --against b=seven.csv
run "$BIN/evaluate" --table a.csv --against b=seven.csv --pairing common --comparison common.csv
expect_stderr "only the 7 in common"
expect_equal "$(sed -n 2p common.csv | cut -d, -f1-7)" "ET,dice,b,7,0.0257142857,0.01,0.04"
table one.csv dice .78
refused 3 "at least two" --table a.csv --against b=one.csv --pairing common
table other.csv iou .78 .80 .76 .85 .55 .70 .84 .79
refused 3 "other.csv: no dice of region ET" --table a.csv --against b=other.csv
refused 3 "a.csv: no metric dise; did you mean 'dice'" --table a.csv --against b=b.csv --metrics dise
table text.csv dice .78 high
refused 3 "text.csv:3: value 'high'" --table a.csv --against b=text.csv
echo "case,region" >short.csv
refused 3 "short.csv: no column 'metric'" --table a.csv --against b=short.csv
refused 3 "absent.csv" --table a.csv --against b=absent.csv
refused 2 "given twice" --table a.csv --against b=b.csv --against b=a.csv
refused 2 "--comparison needs --against" --table a.csv
expect_error 2 "--rank needs --against" "$BIN/evaluate" --table a.csv --rank mean
refused 2 "--table holds finished scores" --table a.csv --against b=b.csv --prediction a.csv
refused 2 "pairing" --table a.csv --against b=b.csv --pairing some

# Scoring and comparing in one run: the run's own scores against an earlier table.
mkdir reference prediction
for case in x y z; do
  label_map reference/$case.nii 6,6,6 1=1:4,1:4,1:4
  label_map prediction/$case.nii 6,6,6 1=1:4,1:4,1:3
done
score=("$BIN/evaluate" --prediction prediction --reference reference --metrics "dice hd95_mm")
run "${score[@]}" --output earlier.csv
label_map prediction/x.nii 6,6,6 1=1:4,1:4,1:4
run "${score[@]}" --against earlier=earlier.csv --comparison run.csv
expect_equal "$(cut -d, -f1-5 run.csv | sed -n 2p)" "1,dice,earlier,3,0.0666666667"
expect_equal "$(cut -d, -f1-5 run.csv | sed -n 3p)" "1,hd95_mm,earlier,3,-0.333333333"
