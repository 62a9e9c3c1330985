#include <cstdio>

#include "cli/tool.h"
#include "learning_options.h"
#include "train/run.h"

namespace {
using namespace kdseg;

struct Settings {
  train::LearningSettings learning;
  train::Task task{.procedure = "teacher-student",
                   .teacher = {},
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
    {"Vadacchino et al. 2021, HAD-Net, arXiv:2103.16617"}};

void declare(cli::Options& add, Settings& s) {
  add.group("Distillation");
  std::vector<std::string> procedures;
  for (const auto& row : train::procedure_catalog())
    if (row.name != "supervised") procedures.push_back(row.name);
  add.choice("procedure", s.task.procedure, "how teacher and student train", procedures);
  add.input("teacher", s.task.teacher, "checkpoint of the teacher");
  add.toggle("teacher-dropout", s.task.teacher_dropout,
             "dropout in the frozen teacher while the student trains");
  add.toggle(
      "allow-leak", s.task.allow_leak,
      "take a teacher that was trained on cases which the sheet holds out for testing (split "
      "test, or a fold without training cases); the checkpoint says so");
  add.texts("copy-from-teacher", s.task.copied,
            "parts of the student that are replaced by the teacher's and frozen, as in bott");
  add.row("adversary", s.task.adversary,
          "a discriminator that tells the teacher's output from the student's; no section: none",
          train::adversary_keys());
  add.choice("list", s.list, "print a catalog with parameters, defaults and sources, then stop",
             {"terms", "networks", "procedures"});
  declare_learning(add, s.learning);
}

void run(const Settings& s, cli::Context& context) {
  if (!s.list.empty()) {
    std::fputs(train::listed(s.list).c_str(), stdout);
    return;
  }
  if (!s.learning.tensor.describe) context.claim_output(s.learning.training.output);
  train::run_training(s.learning, s.task, run_context(context));
}
}  // namespace

int main(int argc, char** argv) { return cli::run_tool(argc, argv, manual, declare, run); }
