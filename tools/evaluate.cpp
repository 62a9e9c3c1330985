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
  std::string missing = "error", output, summary;
};

const cli::Manual manual{
    "evaluate",
    "score predicted segmentations against reference labels",
    "Brings every prediction and its reference to the scan's own grid, counts voxels and measures "
    "surface distances per region, and prints mean, spread and the numbers of empty cases. Without "
    "--regions the regions are those named in the files; label maps without names get one region "
    "per code. Average precision and the Dice at the best common threshold are added where the "
    "predictions carry probabilities.",
    {"evaluate --cases volumes/cases.tsv --where split=test --prediction predictions --output "
     "cases.csv --summary summary.json",
     "evaluate --prediction mine.nii.gz --reference truth.nii.gz --regions brats"},
    {"Menze et al. 2015, IEEE TMI 34(10), The Multimodal Brain Tumor Image Segmentation Benchmark "
     "(regions and scores)",
     "Vadacchino et al. 2021, HAD-Net, MIDL, arXiv:2103.16617 (smoothed Dice)"}};

void declare(cli::Options& add, Settings& s) {
  auto& r = s.request;
  add.group("What is scored");
  add.input("prediction", r.sources.prediction,
            "predicted label maps: a file, or a folder of files named by case (.h5, .nii.gz, .nii, "
            ".nrrd, .mha)");
  add.input("reference", r.sources.reference, "true labels: a file, or a folder likewise");
  add.input("pairs", r.sources.pairs,
            "table with columns case, reference, prediction and optionally brain (mask file), "
            "instead of the two above");
  cli::declare_case_selection(add, r.sources.selection);
  add.choice("missing", s.missing,
             "a case without prediction: error, or worst (counts as predicted empty)",
             {"error", "worst"});
  add.toggle("ignore-geometry", r.ignore_geometry,
             "compare voxel by voxel although spacing, origin or direction differ");
  add.group("Scores");
  add.entries("regions", r.regions,
              "brats, brats2023, brats2024, nnunet, mmwhs or mmwhs4, or NAME=CODE,CODE (repeat)");
  add.texts("metrics", r.metrics,
            "names of scores, or all; default: dice sens spec ppv vol_ref_ml vol_pred_ml hd95_mm, "
            "and dice_best ap where predictions carry probabilities");
  add.choice("hd95", r.hd95,
             "percentile of each direction's distances, the larger of both (directed), or of all "
             "distances together (pooled)",
             {"directed", "pooled"});
  add.choice("empty", r.empty, "what scores are worth when a mask is empty",
             metrics::empty_rule_names());
  add.text("hd-penalty", r.hd_penalty,
           "distance of a structure that one side lacks: diag (of the image), mm, or convention "
           "(374 mm under brats2023, else diag)");
  add.choice("domain", r.domain,
             "where true negatives are counted; brain: the mask of case volumes, or of --pairs",
             {"image", "brain"});
  add.toggle("smooth-dice", r.smooth_dice, "add dice_smooth, (2 TP + 1) / (2 TP + FP + FN + 1)");
  add.group("Results");
  add.output("output", s.output,
             "CSV with every case's scores: case,region,metric,value,status,unit");
  add.output("summary", s.summary, "JSON with means, spread, counts and the settings");
}

void run(const Settings& s, cli::Context& context) {
  for (const auto& path : {s.output, s.summary})
    if (!path.empty()) context.claim_output(path);
  auto request = s.request;
  request.sources.missing_is_worst = s.missing == "worst";
  const auto evaluation = scoring::evaluate(request, context.threads());
  if (!s.output.empty())
    io::write_table(s.output, scoring::case_table(evaluation), context.force());
  if (!s.summary.empty())
    io::write_atomic(s.summary, scoring::summary_json(evaluation, context.provenance()));
  std::fputs(scoring::summary_text(evaluation).c_str(), stdout);
}

}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }
