// The first iterations of every row of MKD, from its shipped settings files, have the losses that a
// script in PyTorch computes from what the paper says (tests/reference/unpaired_steps.py), which
// reads none of our files.
#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/text.h"
#include "data/augment/augment.h"
#include "io/volume_file.h"
#include "methods.h"
#include "methods/procedures.h"
#include "methods/translation.h"
#include "models/catalog.h"
#include "models/layers/convolution.h"
#include "reference_values.h"
#include "train/assembly.h"
#include "train/network.h"
#include "unit/folder.h"
#include "unit/models/filled.h"

namespace kdseg::golden {
namespace {

const bool one_thread = (at::set_num_threads(1), true);

constexpr int64_t side = 32, classes = 8;
constexpr std::array<int64_t, 3> iterations{0, 2400, 4800};  ///< numbers of the three

const std::map<std::string, double> phases{{"ct", 0}, {"mr", 1}};
const std::map<std::string, double> shifts{
    {"syn", 0},      {"real", 0.25},   {"joint", 0},           {"x", 0},
    {"on-t", 0},     {"on-a", 0.25},   {"second", 0.5},        {"on-a-to-t", 0},
    {"a-to-t", 0.5}, {"t-to-a", 0.75}, {"discriminator-t", 1}, {"discriminator-a", 1.25}};

/// Rows with their programs and settings files, in the order in which these are read.
const std::map<std::string, Method>& rows() {
  using Files = std::vector<std::string>;
  static const auto all = [] {
    std::map<std::string, Method> made;
    const auto add = [&](const char* name, const char* program, Files files) {
      made[name] = {"mkd", name, program, "", std::move(files)};
    };
    const Files ct{"common.ini", "t-ct.ini", "a-mr.ini"};
    const auto with = [&](Files more) {
      Files files = ct;
      files.insert(files.end(), more.begin(), more.end());
      return files;
    };
    add("baseline", "distill", {"common.ini", "t-ct.ini", "baseline.ini"});
    add("assistant", "distill", with({"assistant.ini"}));
    add("joint", "distill", with({"joint.ini"}));
    add("x-shape", "distill", with({"x-shape.ini"}));
    add("zhang", "distill", with({"alignment.ini", "zhang.ini"}));
    add("zhang-twice", "distill", with({"alignment.ini", "zhang.ini", "zhang-twice.ini"}));
    add("mkd", "distill", with({"alignment.ini", "mkd.ini"}));
    add("mkd-mr", "distill", {"common.ini", "t-mr.ini", "a-ct.ini", "alignment.ini", "mkd.ini"});
    add("without-alignment", "distill", with({"mkd.ini", "without-alignment.ini"}));
    add("without-syn-to-real", "distill",
        with({"alignment.ini", "mkd.ini", "without-syn-to-real.ini"}));
    add("without-real-to-syn", "distill",
        with({"alignment.ini", "mkd.ini", "without-real-to-syn.ini"}));
    add("align", "cyclegan-align", {"align-common.ini", "t-ct.ini", "a-mr.ini", "alignment.ini"});
    add("align-target-aware", "cyclegan-align",
        {"align-common.ini", "t-ct.ini", "a-mr.ini", "alignment.ini", "target-aware.ini"});
    return made;
  }();
  return all;
}

const Golden& golden() {
  static const Golden all =
      read_golden(KDSEG_SOURCE_DIR "/tests/reference/unpaired_steps.csv", {"row"});
  return all;
}

/// One case of each modality, as far as runs look at them.
class Cohorts {
 public:
  Cohorts() {
    std::string sheet = "case\tfile\tstratum\tsplit\tfold\tcohort\n";
    for (const auto& [channel, phase] : phases) {
      Volume volume;
      Case& heart = volume.data;
      heart.id = channel + "-1";
      for (int64_t k = 0; k < classes; ++k) {
        heart.classes.names.push_back(k == 0 ? "background" : "c" + std::to_string(k));
        heart.classes.codes.push_back(static_cast<int>(k));
      }
      heart.image.grid.size = {side, side, 2};
      heart.image.channels = {channel};
      const auto voxels = static_cast<size_t>(heart.image.grid.voxel_count());
      for (size_t i = 0; i < voxels; ++i)
        heart.image.voxels.push_back(
            static_cast<float>(100 + 50 * std::sin(static_cast<double>(i) + phase)));
      heart.label = Labels{heart.image.grid, std::vector<uint8_t>(voxels, 0)};
      volume.chain.source = heart.image.grid;
      io::write_volume(folder_ / (heart.id + ".h5"), volume, {});
      sheet += heart.id + "\t" + heart.id + ".h5\t\t\t\t" + channel + "\n";
    }
    folder_.write("cases.tsv", sheet);
    // What a recipe does to images shows in no value here: every step sees images of its own.
    folder_.write("recipe.ini", "name = none\ncrop = center\nsize = 32 32 2\n");
    folder_.write("small.ini", "[generator]\nwidth = 4\n[discriminator]\nwidth = 4\n");
  }

  std::vector<std::string> flags(const Method& method, bool translates) {
    std::vector<std::string> flags{
        "--cases", folder_ / "cases.tsv", "--recipe", folder_ / "recipe.ini", "--device",
        "cpu",     "--threads",           "1"};
    if (translates) flags.insert(flags.end(), {"--config", folder_ / "small.ini"});
    if (method.program == "distill") flags.insert(flags.end(), {"--width", "4"});
    return flags;
  }

 private:
  test::Folder folder_;
};

bool translates(const Method& method) {
  for (const auto& file : method.settings)
    if (file == "alignment.ini") return true;
  return false;
}

struct Assembled {
  explicit Assembled(const Method& method) {
    static Cohorts cohorts;
    told = read_settings(experiments_folder(), method, cohorts.flags(method, translates(method)));
    // cyclegan-align has no --width: its networks have sections of their own.
    if (method.program == "cyclegan-align")
      for (auto& network : told.learning.networks)
        network.settings.push_back({"width", "4", "test"});
    cases = train::open_cases(told.learning, 1);
    frozen = train::open_frozen(told.learning, told.procedure, cases, at::kCPU);
    assembly.emplace(told.learning, told.procedure, cases, frozen, at::kCPU, 1, std::nullopt);
  }
  Told told;
  train::TrainingCases cases;
  train::FrozenNetworks frozen;
  std::optional<train::Assembly> assembly;
};

tensor::Batch batch_of(const std::string& channel, int64_t batch, int64_t place, int64_t moved) {
  std::vector<at::Tensor> images, labels;
  tensor::Batch made;
  for (int64_t n = 0; n < batch; ++n) {
    const double phase = phases.at(channel) + 0.7 * static_cast<double>(place + moved) +
                         0.3 * static_cast<double>(n);
    images.push_back(models::wave({1, side, side}, 0, 1, 0.011, phase));
    const int64_t first = place + (moved > 0 ? 3 : 0) + n;
    labels.push_back(
        at::remainder(at::arange(side * side, at::kLong).add(first), classes).view({side, side}));
    made.cases.push_back(channel + std::to_string(n));
  }
  made.input.image = at::stack(images);
  made.target.classes = at::stack(labels);
  made.channels = {channel};
  return made;
}

/// What the program was told and no loss shows.
Values as_read(const Assembled& a) {
  const auto& s = a.told.learning;
  Values values{{"epochs", std::to_string(s.training.epochs)},
                {"epoch-iterations", std::to_string(s.training.epoch_iterations)},
                {"batch", std::to_string(s.training.batch)},
                {"learning-rate", exact(s.optimizer.learning_rate)},
                {"selection", s.selection.selection}};
  add_motion(values, data::augmentation_from(s.augment));
  const methods::Setup& setup = a.assembly->setup();
  for (const auto& section : train::network_sections(s)) {
    if (s.networks.empty()) continue;
    Section published = section.section;
    std::erase_if(published.settings, [](const Setting& one) { return one.where == "test"; });
    values["parameters"] = std::to_string(
        models::parameter_count(models::make_network(published, 1, classes)->module()));
  }
  if (!setup.translation) return values;
  const auto count = [](const Section& section, const auto& made) {
    Section published = section;
    std::erase_if(published.settings, [](const Setting& one) { return one.value == "4"; });
    return std::to_string(made(published));
  };
  Section generator = s.generator, discriminator = s.discriminator;
  generator.name = "resnet-generator";
  discriminator.name = "patch-gan";
  // The width of the tests stands in place of the published one, which is the row's own.
  values["generator-parameters"] = count(generator, [](const Section& section) {
    return models::parameter_count(models::make_network(section, 1, 1)->module());
  });
  values["discriminator-parameters"] = count(discriminator, [](const Section& section) {
    return models::parameter_count(*models::make_discriminator(section, 1, 1)->module());
  });
  const auto& regimen = setup.translation->there.regimen;
  values["generator-rate"] = exact(regimen.optimizer.learning_rate);
  values["generator-decay"] = std::to_string(regimen.schedule.step_decay_every);
  const Parameters translation(methods::translation_parameters(), s.translation);
  values["pool"] = translation.text("pool");
  values["pool-unit"] = translation.text("pool-unit");
  return values;
}

TEST(UnpairedSettings, HaveEveryRowThatTheReferenceStates) {
  EXPECT_EQ(names_of(rows()), names_of(golden()));
}

class UnpairedSettings : public testing::TestWithParam<std::string> {};

TEST_P(UnpairedSettings, SayWhatThePaperSays) {
  const Assembled a(rows().at(GetParam()));
  expect_stated(as_read(a), golden().at(GetParam()).at("stated"));
}

/// Before optimizers come to be, which are of the parameters' type.
void fill(const methods::Setup& setup) {
  const auto one = [](torch::nn::Module& module, const std::string& name) {
    models::fill_by_formula(module, shifts.at(name));
  };
  for (const auto& network : setup.networks) one(network.model.network->module(), network.name);
  if (!setup.translation) return;
  const methods::TranslationSetup& t = *setup.translation;
  one(t.there.model.network->module(), t.there.name);
  one(t.back.model.network->module(), t.back.name);
  one(*t.judge_of_to->module(), "discriminator-" + t.to);
  one(*t.judge_of_from->module(), "discriminator-" + t.from);
}

TEST_P(UnpairedSettings, GiveTheReferenceLosses) {
  const auto& expected = golden().at(GetParam());
  const Assembled a(rows().at(GetParam()));
  fill(a.assembly->setup());
  const auto method = methods::make_method(a.told.procedure.name, a.assembly->setup());
  for (size_t place = 0; place < iterations.size(); ++place) {
    methods::StepInfo info;
    info.step = iterations[place];
    info.steps = 24000;
    tensor::Draw draw;
    for (const auto& part : a.cases.streams)
      draw[part.stream.name] =
          batch_of(part.stream.channels.at(0), part.stream.batch, static_cast<int64_t>(place),
                   part.stream.name == "a" ? 10 : 0);
    expect_report(method->step(draw, info), expected.at(std::to_string(place)), place);
    if (HasFailure()) break;  // what follows would differ, too
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, UnpairedSettings, testing::ValuesIn(names_of(rows())), test_name);

}  // namespace
}  // namespace kdseg::golden
