#include <cstdio>

#include "cli/shared_options.h"
#include "cli/tool.h"
#include "labeling/label_cases.h"

namespace {
using namespace kdseg;

using Settings = labeling::LabelSettings;

const cli::Manual manual{
    "ensemble-label",
    "predict cases with one network or the mean of several",
    "Prepares every case as each network's checkpoint asks, averages the networks' probabilities "
    "on the grid of the stored volume and decodes them there. Takes stored volumes or raw scans; "
    "writes predictions (.h5), or label files with the data set's codes on the scan's own grid. "
    "One network gives its plain prediction. Interrupted runs over many cases continue with the "
    "same command.",
    {"ensemble-label --model student.h5 --cases volumes/cases.tsv --where split=test "
     "--output-dir predictions",
     "ensemble-label --model a.h5 --model b.h5 --input case.h5 --output soft.h5 --probability",
     "ensemble-label --model student.h5 --image flair=a.nii.gz --image t1=b.nii.gz "
     "--image t2=c.nii.gz --output segmentation.nii.gz",
     "ensemble-label --model student.h5 --describe"},
    {"Isensee et al. 2021, nnU-Net, Nature Methods 18 (weights of overlapping windows)"}};

void declare(cli::Options& add, Settings& s) {
  add.group("Networks");
  add.inputs("model", s.models, "checkpoint; repeat to average several");
  add.group("Cases");
  add.input("input", s.input, "one stored volume (.h5)");
  add.entries("image", s.from.images, "NAME=FILE: one scan of a single case; repeat");
  add.input("label", s.from.label, "label file of that case, which widens its box");
  add.texts("classes", s.from.classes,
            "NAME=CODE,...: what label codes mean, where no manifest says it");
  add.input("manifest", s.from.manifest, "description of a data set (data-manifest/*.yaml)");
  add.input("root", s.from.root, "the data set's folder");
  add.entries("channels", s.channels,
              "NAME=INPUT: what the input calls a network's channel, as in t1ce=T1C; repeat");
  cli::declare_case_selection(add, s.from.selection);
  add.group("Predictions");
  add.output("output", s.output,
             "prediction of a single case: .h5, or .nii, .nii.gz, .nrrd, .mha with label codes on "
             "the scan's own grid");
  add.output("output-dir", s.output_dir, "folder for <case>.h5");
  add.toggle("nifti", s.nifti, "write <case>.nii.gz into --output-dir instead");
  add.toggle("probability", s.probability,
             "keep probabilities: in the .h5, or beside label files as <name>_prob.nii.gz");
  add.group("Windows");
  add.integers("window", s.window,
               "size of sliding windows, x y z voxels; none: as the checkpoint says", {.low = 1},
               3);
  add.number("overlap", s.overlap, "fraction of a window shared with its neighbor, with --window",
             {.low = 0, .high = 0.95});
  add.choice("window-weights", s.weights,
             "gaussian counts voxels near a window's border least, plain counts all alike",
             {"gaussian", "plain"});
  cli::declare_tensor(add, s.tensor);
}

void run(const Settings& s, cli::Context& context) {
  if (s.tensor.describe) {
    std::fputs(labeling::describe(s, context.threads()).c_str(), stdout);
    return;
  }
  labeling::label_cases(s, {context.threads(), context.force(), context.provenance()});
}
}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }
