#include "cli/tool.h"
#include "image/scan.h"
#include "labeling/translate_cases.h"
#include "learning_options.h"
#include "train/run.h"

namespace {
using namespace kdseg;

struct Settings {
  Settings() {
    prepare_alignment(learning, procedure);
    procedure.write_picture = image::write_png;
  }
  train::LearningSettings learning;
  train::Procedure procedure;
  labeling::LabelSettings applied;
  std::string translator;
};

const cli::Manual manual{
    "cyclegan-align",
    "train two generators that translate between unpaired images, or apply one",
    "Trains a generator from each of two streams of slices to the other, with a discriminator of "
    "each, on cases that need not be of the same people. Labels are read where a [supervise.NAME] "
    "section asks for them alone. The checkpoint holds both generators, FROM-to-TO and TO-to-FROM, "
    "each with the recipe of what it takes. With --apply it translates cases instead, into "
    "volumes that the other stream's recipe might have prepared, with their labels and a sheet "
    "that every program takes. An interrupted run continues when the same command is given again.",
    {"cyclegan-align --config align-common.ini --config alignment.ini --config a-mr.ini --config "
     "t-ct.ini --cases volumes/cases.tsv --output translator.h5 --panels translator.png    (in "
     "config/experiments/mkd)",
     "cyclegan-align --apply translator.h5 --direction a-to-t --cases volumes/cases.tsv "
     "--where cohort=mr --output-dir translated",
     "cyclegan-align --apply translator.h5 --direction a-to-t --input case.h5 --output "
     "case.nii.gz"},
    {"Zhu et al. 2017, CycleGAN, arXiv:1703.10593",
     "Chen et al. 2019, SIFA, arXiv:1901.08211 (the preset sifa)",
     "Li et al. 2020, mutual knowledge distillation, arXiv:2010.01532 (the order of updates)"},
    "--describe measures what an iteration needs, on the smallest input its networks take, and "
    "prints it for the given settings. It grows with the size of the slices or their patch, and "
    "with --batch."};

void declare(cli::Options& add, Settings& s) {
  declare_alignment(add, s.learning);
  add.group("Applying a translator");
  add.input("apply", s.translator, "checkpoint of a translator; translates cases, trains nothing");
  add.text("direction", s.applied.network, "which generator, FROM-to-TO; none: the first");
  add.input("input", s.applied.input, "one stored volume (.h5), with --output");
  add.output("output-dir", s.applied.output_dir, "folder for <case>.h5 and cases.tsv");
  add.toggle("nifti", s.applied.nifti,
             "write <case>.nii.gz on the scans' own grids into --output-dir instead");
  cli::declare_tensor(add, s.learning.tensor);
}

/// What is common to both ways of use, for the one that translates.
labeling::LabelSettings applied(const Settings& s) {
  labeling::LabelSettings applied = s.applied;
  applied.models = {s.translator};
  applied.output = s.learning.training.output;
  applied.from.selection = s.learning.training.training;
  applied.tensor = s.learning.tensor;
  return applied;
}

void run(const Settings& s, cli::Context& context) {
  if (!s.translator.empty()) return labeling::translate_cases(applied(s), context.run());
  labeling::refuse_without_translator(s.applied);
  const auto& training = s.learning.training;
  if (!s.learning.tensor.describe)
    context.claim_outputs({training.output, s.learning.panels}, training.prolong);
  train::run_training(s.learning, s.procedure, context.run());
}
}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }
