// A program made for the tests, run inside the test's process.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "cli/tool.h"
#include "unit/folder.h"

namespace kdseg::cli {

struct Settings {
  std::string recipe, output, procedure = "supervised", note = "plain";
  std::vector<std::string> model, channels{"flair", "t1"}, where;
  double learning_rate = 2e-4;
  int64_t epochs = 10;
  uint64_t seed = 0;
  std::vector<double> betas{0.5, 0.999};
  std::vector<int64_t> patch;
  bool affine = true, plateau = false;
  std::vector<Section> terms, networks;
  Section augment, adversary;
};

inline void declare_all(Options& add, Settings& s) {
  add.group("Files");
  add.input("recipe", s.recipe, "recipe file");
  add.inputs("model", s.model, "checkpoint");
  add.output("output", s.output, "checkpoint to write");
  add.group("Training");
  add.choice("procedure", s.procedure, "what is trained", {"supervised", "teacher-student"});
  add.text("note", s.note, "free text");
  add.texts("channels", s.channels, "channels");
  add.entries("where", s.where, "condition");
  add.number("learning-rate", s.learning_rate, "step size", {0, 1});
  add.integer("epochs", s.epochs, "passes", {.low = 1});
  add.seed("seed", s.seed, "seed");
  add.numbers("betas", s.betas, "decay rates", {0, 1}, 2);
  add.integers("patch", s.patch, "voxels", {.low = 1}, 3);
  add.toggle("affine", s.affine, "move patches");
  add.toggle("plateau", s.plateau, "lower the rate");
  add.sections("term", s.terms, "loss terms", {"cross-entropy", "dice"});
  add.section("augment", s.augment, "augmentation");
  add.rows("network", s.networks, "networks",
           {{"unet",
             "a U-Net",
             {{"width", Parameter::Kind::integer, "32", "base width", 1, 512, {}},
              {"dropout", Parameter::Kind::number, "0.2", "rate", 0, 1, {}}}}});
  add.row("adversary", s.adversary, "a judge",
          {{"weight", Parameter::Kind::number, "0.2", "weight", 0, 10, {}}});
}

struct Outcome {
  int code = -1;
  std::string out, err;
  Settings settings;
  Provenance provenance;
  bool ran = false;
};

/// Runs the program "distill" with these arguments; `work` is what its run() does besides.
inline Outcome call(std::vector<std::string> arguments,
                    const std::function<void(Context&)>& work = {},
                    const std::function<void(Options&, Settings&)>& declare = declare_all) {
  const Manual manual{"distill",
                      "train a student",
                      "Trains a student network from a teacher.",
                      {"distill --output student.h5"},
                      {"Vadacchino et al. 2021, HAD-Net"}};
  arguments.insert(arguments.begin(), "/usr/local/bin/distill");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  Outcome outcome;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  outcome.code = detail::run_tool(
      static_cast<int>(argv.size()), argv.data(), manual,
      [&](Options& add) { declare(add, outcome.settings); },
      [&](Context& context) {
        outcome.ran = true;
        outcome.provenance = context.provenance();
        if (work) work(context);
      });
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

using test::Folder;

}  // namespace kdseg::cli
