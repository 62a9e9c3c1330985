#include "cli/tool.h"
#include "learning_options.h"
#include "train/run.h"

namespace {
using namespace kdseg;

struct Settings {
  train::LearningSettings learning;
};

const cli::Manual manual{
    "pretrain",
    "train a segmentation network from labels",
    "Trains one network on the labelled cases of a sheet: a teacher, a student to start from, or a "
    "baseline. Source volumes are prepared by the recipe, whose constants are learnt from the "
    "training cases and stored in the checkpoint. The parameters with the best validation score "
    "are kept. With --synthesize the network makes channels instead, which ensemble-label adds to "
    "volumes. An interrupted run continues when the same command is given again.",
    {"pretrain --config config/experiments/had-net/teacher.ini --cases volumes/cases.tsv "
     "--where split=train --validate split=val --output teacher.h5"},
    {"Vadacchino et al. 2021, HAD-Net, arXiv:2103.16617 (training settings, augmentation)"},
    "--describe measures what an iteration needs, on the smallest input its networks take, and "
    "prints it for the given settings. It grows with the size of the volumes or --patch, with "
    "--batch and with --width. A training that needs more than --memory-limit is refused before "
    "its first step. Cases are kept in memory beside it as --cache says."};

void declare(cli::Options& add, Settings& s) {
  declare_learning(add, s.learning);
  declare_synthesis(add, s.learning);
}

void run(const Settings& s, cli::Context& context) {
  const auto& training = s.learning.training;
  if (!s.learning.tensor.describe) context.claim_outputs({training.output}, training.prolong);
  train::run_training(s.learning, {}, context.run());
}
}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }
