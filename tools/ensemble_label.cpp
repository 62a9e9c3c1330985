#include <cstdio>

#include "cli/tool.h"
#include "labeling/label_cases.h"
#include "labeling_options.h"

namespace {
using namespace kdseg;

using Settings = labeling::LabelSettings;

const cli::Manual manual{
    "ensemble-label",
    "predict cases with one network or the mean of several",
    "Prepares every case as each network's checkpoint asks, averages the networks' probabilities "
    "on the grid of the stored volume and decodes them there. Takes stored volumes or raw scans; "
    "writes predictions (.h5), or label files with the data set's codes on the scan's own grid. "
    "One network gives its plain prediction. Networks that make channels (pretrain --synthesize) "
    "give the cases' volumes with these channels added, and their sheet cases.tsv. So does "
    "--annotate, with the predictions as labels. Interrupted runs over many cases continue with "
    "the same command.",
    {"ensemble-label --model student.h5 --cases volumes/cases.tsv --where split=test "
     "--output-dir predictions",
     "ensemble-label --model a.h5 --model b.h5 --input case.h5 --output soft.h5 --probability",
     "ensemble-label --model a.h5 --model b.h5 --cases pool.tsv --annotate soft "
     "--output-dir annotated",
     "ensemble-label --model student.h5 --image flair=a.nii.gz --image t1=b.nii.gz "
     "--image t2=c.nii.gz --output segmentation.nii.gz",
     "ensemble-label --model student.h5 --describe"},
    {"Isensee et al. 2021, nnU-Net, Nature Methods 18 (weights of overlapping windows)",
     "Lachinov et al. 2018, Glioma Segmentation with Cascaded UNet, arXiv:1810.04008 (mirrored "
     "passes, small components)"},
    "--describe measures what a pass needs, on the smallest input the network takes, and prints it "
    "for a whole prepared volume or a window. Networks take turns, so the largest counts. A whole "
    "volume that needs more than --memory-limit is "
    "refused; smaller windows (--window) need less."};

void declare(cli::Options& add, Settings& s) {
  add.group("Networks");
  add.inputs("model", s.models, "checkpoint; repeat to average several");
  declare_network_name(add, s);
  declare_labeled_cases(add, s);
  add.texts("available", s.available,
            "channels to use, as in flair,t1,t2; the others are withheld (networks that take "
            "subsets); none: all that a case has");
  add.group("Predictions");
  add.output("output", s.output,
             "prediction of a single case: .h5, or .nii, .nii.gz, .nrrd, .mha with label codes on "
             "the scan's own grid");
  add.output("output-dir", s.output_dir, "folder for <case>.h5");
  add.toggle("nifti", s.nifti, "write <case>.nii.gz into --output-dir instead");
  add.toggle("probability", s.probability,
             "keep probabilities: in the .h5, or beside label files as <name>_prob.nii.gz");
  add.choice(
      "annotate", s.annotate,
      "volumes in place of predictions, for pretrain and distill: hard labels, or soft ones "
      "(/share) beside them; the volume's own label is left out, and cases.tsv says labels = "
      "annotation",
      {"none", "hard", "soft"});
  declare_windows(add, s);
  add.texts(
      "mirror", s.mirror,
      "axes along which the input is mirrored as well, x y z: the mean over all combinations, "
      "at 2, 4 or 8 times the work; none: not mirrored");
  add.group("Post-processing of labels");
  add.texts("least-region", s.least_region,
            "REGION=N:CLASS: a region of fewer than N voxels becomes CLASS, or background, as in "
            "ET=33:NCR; probabilities stay");
  add.number(
      "least-component", s.least_component,
      "connected parts of the foreground smaller than this fraction of it become background; "
      "0 keeps all",
      {.low = 0, .high = 1});
  cli::declare_tensor(add, s.tensor, cli::Computes::predictions);
}

void run(const Settings& s, cli::Context& context) {
  if (s.tensor.describe) {
    std::fputs(labeling::describe(s, context.threads()).c_str(), stdout);
    return;
  }
  labeling::label_cases(s, context.run());
}
}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }
