#include <cstdio>

#include "cli/shared_options.h"
#include "cli/tool.h"
#include "io/atomic_file.h"
#include "scoring/evaluation.h"
#include "scoring/report.h"

namespace {
using namespace kdseg;

struct Settings {
  scoring::Request request;
  std::string missing = "error", output, summary, curves, comparison;
};

const cli::Manual manual{
    "evaluate",
    "score predicted segmentations against reference labels",
    "Brings every prediction and its reference to the scan's own grid, counts voxels and measures "
    "surface distances per region, and prints mean, spread and the numbers of empty cases. Without "
    "--regions the regions are those named in the files; label maps without names get one region "
    "per code. Average precision and the Dice at the best common threshold are added where the "
    "predictions carry probabilities. Where they carry uncertainties, voxels are filtered out from "
    "the most uncertain on: qu_dice_auc is the mean Dice of what stays, qu_ftp_auc and qu_ftn_auc "
    "the mean parts of true positives and of true negatives in the brain that are lost, qu_score "
    "all as one. With --against, scores of the same cases from other runs are compared by paired "
    "tests; --table does so for finished tables.",
    {"evaluate --cases volumes/cases.tsv --where split=test --prediction predictions --output "
     "cases.csv --summary summary.json",
     "evaluate --prediction mine.nii.gz --reference truth.nii.gz --regions brats",
     "evaluate --table had-net/cases.csv --against student=student/cases.csv --metrics dice "
     "--comparison comparison.csv"},
    {"Menze et al. 2015, IEEE TMI 34(10), The Multimodal Brain Tumor Image Segmentation Benchmark "
     "(regions and scores)",
     "Vadacchino et al. 2021, HAD-Net, MIDL, arXiv:2103.16617 (smoothed Dice)",
     "Mehta et al. 2020, Uncertainty Evaluation Metric for Brain Tumour Segmentation, MIDL, "
     "arXiv:2005.14262 (filtering by uncertainty)",
     "Wilcoxon 1945, Biometrics Bulletin 1(6); Holm 1979, Scand. J. Statist. 6(2) (tests)"},
    "A pair of label maps per thread, about 50 MiB for 240 x 240 x 155 voxels, and 4 bytes per "
    "voxel of every probability and uncertainty that is scored. Lower --threads where memory is "
    "short.",
    "stopped early; nothing was written"};

void declare(cli::Options& add, Settings& s) {
  auto& r = s.request;
  add.group("What is scored");
  add.input("prediction", r.sources.prediction,
            "predicted label maps: a file, or a folder of files named by case (.h5, .nii.gz, .nii, "
            ".nrrd, .mha)");
  add.input("reference", r.sources.reference, "true labels: a file, or a folder likewise");
  add.input("pairs", r.sources.pairs,
            "table with columns case, reference, prediction and optionally brain (mask file), "
            "uncertainty (prediction file) and uncertainty_REGION (scan), instead of the two "
            "above");
  add.input("uncertainty", r.sources.uncertainty,
            "uncertainties 0..100 in place of those in the predictions: a file, or a folder of "
            "<case>.h5 (predictions with /uncertainty) or <case>_<region>.nii.gz");
  add.input("table", r.table, "finished scores of a run (cases.csv) instead of predictions");
  cli::declare_case_selection(add, r.sources.selection);
  add.choice("missing", s.missing,
             "a case without prediction: error, or worst (counts as predicted empty; qu_score 0)",
             {"error", "worst"});
  add.choice("grid", r.grid,
             "where voxels are counted: on the scan's own grid, or on the one that the files are "
             "stored on (predictions of prepared volumes against these volumes)",
             {"scan", "stored"});
  add.toggle(
      "ignore-geometry", r.ignore_geometry,
      "compare voxel by voxel although voxel centers lie more than a tenth of a voxel apart, "
      "or axes run otherwise");
  add.choice("nan", r.nan, "NaN voxels in label maps: refuse, or zero (they are background)",
             {"refuse", "zero"});
  add.toggle("verify", r.verify,
             "first compare the content of every HDF5 file with the SHA-256 stored in it");
  add.group("Scores");
  add.entries("regions", r.regions,
              "brats, brats2023, brats2024, nnunet, mmwhs or mmwhs4, or NAME=CODE,CODE (repeat)");
  add.texts("metrics", r.metrics,
            "names of scores, or all; default: dice sens spec ppv vol_ref_ml vol_pred_ml hd95_mm, "
            "dice_best ap where predictions carry probabilities, qu_dice_auc qu_ftp_auc "
            "qu_ftn_auc qu_score where they carry uncertainties");
  add.choice("hd95", r.hd95,
             "percentile of each direction's distances, the larger of both (directed), or of all "
             "distances together (pooled)",
             {"directed", "pooled"});
  add.choice("empty", r.empty, "what scores are worth when a mask is empty",
             metrics::empty_rule_names());
  add.text("hd-penalty", r.hd_penalty,
           "distance of a structure that one side lacks: diag (of the image), mm, inf, nan, or "
           "convention (374 mm under brats2023, else diag)");
  add.choice("domain", r.domain,
             "where true negatives are counted; brain: the mask of case volumes, or of --pairs",
             {"image", "brain"});
  add.toggle("smooth-dice", r.smooth_dice, "add dice_smooth, (2 TP + 1) / (2 TP + FP + FN + 1)");
  add.group("Uncertainty");
  add.integer("unc-points", r.unc_points, "equal steps from threshold 0 to 100", {1, 10000});
  add.numbers("unc-thresholds", r.unc_thresholds,
              "ascending thresholds instead, e.g. 25 50 75 100; areas are divided by their range",
              {0, 100});
  add.choice("qu-score", r.qu_score,
             "three-term: (dice + 1 - ftp + 1 - ftn) / 3; two-term: (dice + 1 - ftp) / 2; 2019: "
             "two-term with voxels AT a threshold filtered too (UNVERIFIED: recalled from the "
             "challenge of 2019)",
             metrics::uncertainty_form_names());
  add.group("Summary");
  add.integer("ddof", r.ddof, "standard deviations divide by n - ddof", {0, 1});
  add.integer("bootstrap", r.bootstrap,
              "resamples of the cases for the 95 % intervals of means; 0: no intervals",
              {0, 1000000});
  add.seed("seed", r.seed, "of the resamples");
  add.text(
      "inf-as", r.inf_as,
      "number that stands in for infinite values in summaries and comparisons; inf keeps them");
  add.group("Comparison");
  add.entries("against", r.against,
              "NAME=FILE: cases.csv of another run on the same cases; paired t test, Wilcoxon's "
              "signed-rank test and Holm's adjustment over all regions and metrics (--metrics "
              "chooses; volumes only if named there)");
  add.choice("pairing", r.pairing,
             "equal: both runs must have the same cases; common: those in both are compared",
             {"equal", "common"});
  add.choice("zeros", r.zeros,
             "pairs without a difference in Wilcoxon's test: left out (drop) or ranked (pratt)",
             {"drop", "pratt"});
  add.choice("rank", r.rank,
             "rank this run and those of --against: by case (the mean over ranks per case, region "
             "and metric, as BraTS 2017 to 2020) or by mean (ranks per region and metric)",
             {"off", "case", "mean"});
  add.group("Results");
  add.output("output", s.output,
             "CSV with every case's scores: case,region,metric,value,status,unit");
  add.output("summary", s.summary,
             "JSON with means, intervals, spread, counts, comparisons and the settings");
  add.output("curves", s.curves,
             "CSV with the filtered scores: case,region,threshold,dice,ftp,ftn");
  add.output("comparison", s.comparison,
             "CSV with one line per region, metric and run compared with");
}

void run(const Settings& s, cli::Context& context) {
  context.claim_outputs({s.output, s.summary, s.curves, s.comparison});
  auto request = s.request;
  request.wants_cases = !s.output.empty();
  request.wants_curves = !s.curves.empty();
  request.wants_comparison = !s.comparison.empty();
  request.sources.missing_is_worst = s.missing == "worst";
  const auto evaluation = scoring::evaluate(request, context.threads());
  if (!s.output.empty()) io::write_table(s.output, scoring::case_table(evaluation), true);
  if (!s.curves.empty()) io::write_table(s.curves, scoring::curve_table(evaluation), true);
  if (!s.comparison.empty())
    io::write_table(s.comparison, scoring::comparison_table(evaluation.comparisons), true);
  if (!s.summary.empty())
    io::write_atomic(s.summary, scoring::summary_json(evaluation, context.provenance()));
  std::fputs(scoring::summary_text(evaluation).c_str(), stdout);
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }
