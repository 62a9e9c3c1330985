#include <cstdio>

#include "cli/tool.h"
#include "learning_options.h"
#include "train/run.h"

namespace {
using namespace kdseg;

struct Settings {
  train::LearningSettings learning;
  train::Procedure procedure{.name = "teacher-student",
                             .teacher = {},
                             .teacher_network = {},
                             .teacher_dropout = true,
                             .adversary = {},
                             .copied = {}};
  std::string list;
};

const cli::Manual manual{
    "distill",
    "train a segmentation network with the help of a teacher",
    "Trains a student on the labelled cases of a sheet while a frozen teacher, which may see more "
    "channels, looks at the same cases. What the student learns from is put together from loss "
    "terms and an adversary; a settings file holds one paper's mix. An interrupted run continues "
    "when the same command is given again.",
    {"distill --config config/experiments/had-net/had-net.ini --cases volumes/cases.tsv "
     "--where split=train --validate split=val --teacher teacher.h5 --init start.h5 "
     "--output student.h5",
     "distill --list terms"},
    {"Vadacchino et al. 2021, HAD-Net, arXiv:2103.16617",
     "Li et al. 2020, mutual knowledge distillation, arXiv:2010.01532"},
    "--describe measures what an iteration needs, on the smallest input its networks take, and "
    "prints it for the given settings. It grows with the size of the volumes or --patch, with "
    "--batch and with --width. A training that needs more than --memory-limit is refused before "
    "its first step. Cases are kept in memory beside it as --cache says."};

void declare(cli::Options& add, Settings& s) {
  declare_distillation(add, s.procedure);
  add.choice("list", s.list, "print a catalog with parameters, defaults and sources, then stop",
             {"terms", "networks", "procedures"});
  declare_learning(add, s.learning);
  declare_lessons(add, s.learning);
  declare_translation(add, s.learning);
}

void run(const Settings& s, cli::Context& context) {
  if (!s.list.empty()) {
    std::fputs(train::listed(s.list).c_str(), stdout);
    return;
  }
  const auto& training = s.learning.training;
  if (!s.learning.tensor.describe) context.claim_outputs({training.output}, training.prolong);
  train::run_training(s.learning, s.procedure, context.run());
}
}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }
