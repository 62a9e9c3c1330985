// Every method's first iterations, from its shipped settings files, have the losses that a script
// in PyTorch computes from what the papers say (tests/reference/first_steps.py), which reads none
// of our files: a wrong weight, constant, channel or schedule in a settings file fails here.
#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/text.h"
#include "data/augment/augment.h"
#include "io/volume_file.h"
#include "methods.h"
#include "methods/procedures.h"
#include "models/catalog.h"
#include "models/checkpoint.h"
#include "models/layers/convolution.h"
#include "reference_values.h"
#include "train/assembly.h"
#include "train/network.h"
#include "unit/folder.h"
#include "unit/models/filled.h"

namespace kdseg::golden {
namespace {

/// Threads that wait for each other cost more than these small networks.
const bool one_thread = (at::set_num_threads(1), true);

/// Base widths of the three iterations; 4 for other networks. Group norm wants eight channels.
const std::map<std::string, std::string> widths{{"vae-unet", "8"}, {"cascaded-unet", "1"}};
constexpr std::array<int64_t, 3> epochs{0, 10, 100};  ///< of the three iterations

const std::map<std::string, double> phases{
    {"flair", 0}, {"t1", 1}, {"t1ce", 2}, {"t2", 3}, {"synthetic-flair", 4}};

const Golden& golden() {
  static const Golden all =
      read_golden(KDSEG_SOURCE_DIR "/tests/reference/first_steps.csv", {"paper", "method"});
  return all;
}

const std::map<std::string, Method>& methods() {
  static const auto rows =
      read_methods(experiments_folder(), {"had-net", "kd-net", "model-distillation"});
  return rows;
}

/// One case of all papers' data set, as far as runs look at it, and the teachers' checkpoints.
class Cohort {
 public:
  Cohort() {
    Volume volume;
    Case& brats = volume.data;
    brats.id = "case";
    brats.classes = {{"background", "NCR", "ED", "ET"}, {0, 1, 2, 4}};
    brats.regions = {{"ET", {4}}, {"TC", {1, 4}}, {"WT", {1, 2, 4}}};
    brats.image.grid.size = {side, side, side};
    const auto voxels = static_cast<size_t>(brats.image.grid.voxel_count());
    for (const auto& [name, phase] : phases) {
      brats.image.channels.push_back(name);
      for (size_t i = 0; i < voxels; ++i)
        brats.image.voxels.push_back(
            static_cast<float>(100 + 50 * std::sin(static_cast<double>(i) + phase)));
    }
    brats.label = Labels{brats.image.grid, std::vector<uint8_t>(voxels, 0)};
    volume.chain.source = brats.image.grid;
    io::write_volume(folder_ / "case.h5", volume, {});
    folder_.write("cases.tsv", "case\tfile\tstratum\tsplit\tfold\ncase\tcase.h5\t\t\t\n");
    // What a recipe does to images shows in no value here: every step sees images of its own.
    folder_.write("recipe.ini", "name = none\ncrop = center\nsize = 64 64 64\n");
  }

  /// What a method's program is called with beside its settings files.
  std::vector<std::string> flags(const Method& method) {
    std::vector<std::string> flags{
        "--cases", folder_ / "cases.tsv", "--recipe", folder_ / "recipe.ini", "--device",
        "cpu",     "--threads",           "1"};
    if (method.teacher.empty()) return flags;
    flags.insert(flags.end(), {"--teacher", folder_ / (method.paper + method.teacher + ".h5")});
    return flags;
  }

  /// Only its section and contract count: its parameters are filled anew where it teaches.
  void keep_teacher(const Method& method, const models::Model& model) {
    model.network->module().to(at::kFloat);
    io::write_checkpoint(folder_ / (method.paper + method.name + ".h5"),
                         models::to_checkpoint(model), {}, {.force = true});
  }

 private:
  static constexpr int64_t side = 64;
  test::Folder folder_;
};

/// A method's settings at small width, and what a run puts together from them.
struct Assembled {
  explicit Assembled(const Method& method)
      : told(read_settings(experiments_folder(), method, flags(method))),
        small(at_small_size(told.learning)),
        cases(train::open_cases(small, 1)),
        frozen(train::open_frozen(small, told.procedure, cases, at::kCPU)) {
    for (auto& one : frozen.networks) models::fill_by_formula(one.model.network->module(), 0.5);
    assembly.emplace(small, told.procedure, cases, frozen, at::kCPU, 1, std::nullopt);
    setup = assembly->setup();
    channels = train::loaded_channels(told.learning, cases.predicting(), frozen);
    models::fill_by_formula(network().network->module());
  }
  const models::Model& network() const { return setup.networks.front().model; }

  Told told;
  train::LearningSettings small;  ///< what it was told, with a narrow network and small patches
  train::TrainingCases cases;
  train::FrozenNetworks frozen;
  std::optional<train::Assembly> assembly;
  std::vector<std::string> channels;  ///< of the images in memory
  methods::Setup setup;

 private:
  static train::LearningSettings at_small_size(train::LearningSettings settings) {
    const auto found = widths.find(train::network_section(settings).name);
    settings.training.width = std::stoi(found == widths.end() ? "4" : found->second);
    if (!settings.training.patch.empty()) settings.training.patch = {32, 32, 32};
    return settings;
  }
  static std::vector<std::string> flags(const Method& method) {
    static Cohort cohort;
    if (!method.teacher.empty()) {
      const Method& teacher = methods().at(method.paper + "/" + method.teacher);
      cohort.keep_teacher(teacher, Assembled(teacher).assembly->setup().networks.front().model);
    }
    return cohort.flags(method);
  }
};

/// sin(0.011 i + phase of the channel + 0.7 step + 0.3 sample), 0 in the first four slices; labels
/// (i + step + sample) mod 7, mod 4.
tensor::Draw batch_of(const Assembled& a, int64_t step) {
  const models::Model& model = a.network();
  // The smallest images; those that the VAE branch restores are of one size.
  const int64_t side = model.section.name == "vae-unet" ? 32 : model.network->minimum_size();
  std::vector<at::Tensor> images, labels;
  tensor::Batch batch;
  for (int64_t n = 0; n < a.told.learning.training.batch; ++n) {
    std::vector<at::Tensor> channels;
    for (const auto& name : a.channels) {
      const double phase =
          phases.at(name) + 0.7 * static_cast<double>(step) + 0.3 * static_cast<double>(n);
      channels.push_back(models::wave({side, side, side}, 0, 1, 0.011, phase));
      channels.back().narrow(0, 0, 4).zero_();
    }
    images.push_back(at::stack(channels));
    const at::Tensor index = at::arange(side * side * side, at::kLong).add(step + n);
    labels.push_back(at::remainder(at::remainder(index, 7), 4).view({side, side, side}));
    batch.cases.push_back("case" + std::to_string(n));
  }
  batch.input.image = at::stack(images);
  batch.target.classes = at::stack(labels);
  batch.channels = a.channels;
  return {{methods::case_stream, batch}};
}

/// The discriminator's own keys of the section [adversary].
Section discriminator_section(const Section& adversary) {
  Section section{"network", "hierarchical-discriminator", "", {}};
  for (const auto& s : adversary.settings)
    if (s.key == "network") section.name = s.value;
  for (const auto& row : models::discriminators())
    for (const auto& p : row.parameters)
      for (const auto& s : adversary.settings)
        if (row.name == section.name && p.name == s.key) section.settings.push_back(s);
  return section;
}

std::string value_in(const Section& section, const std::string& key) {
  std::string value = "default";
  for (const auto& s : section.settings)
    if (s.key == key) value = s.value;
  return value;
}

std::string on_off(bool value) { return value ? "on" : "off"; }

std::string listed(const std::vector<double>& values) {
  std::vector<std::string> words;
  for (const double v : values) words.push_back(exact(v));
  return join(words, " ");
}

void add_augmentation(Values& values, const Section& section) {
  if (section.kind.empty()) {
    values["augment"] = "none";
    return;
  }
  const auto a = data::augmentation_from(section);
  add_motion(values, a);
  values["rotation-probability"] = exact(a.rotation_probability);
  values["scale-probability"] = exact(a.scale_probability);
  values["transpose-probability"] = exact(a.transpose_probability);
  values["about"] = a.about_patch ? "patch" : "volume";
  values["patch-position"] = a.near_label ? "near-label" : "anywhere";
  values["patch-margin"] = std::to_string(a.patch_margin);
  values["label-interpolation"] = a.soft_labels ? "linear" : "nearest";
  values["contrast"] = exact(a.intensity.contrast);
  values["shift"] = exact(a.intensity.shift);
  values["gamma"] = listed({a.intensity.least_gamma, a.intensity.greatest_gamma});
  values["channel-dropout"] = exact(a.intensity.channel_dropout);
  values["elastic-probability"] = exact(a.elastic.probability);
}

/// What the program was told and no loss shows.
Values as_read(const Method& method, const Told& told, const Contract& contract) {
  const auto& s = told.learning;
  const auto channels = static_cast<int64_t>(contract.channels.size());
  const int64_t outputs = contract.head.channels();
  std::vector<std::string> patch;
  for (const int64_t side : s.training.patch) patch.push_back(std::to_string(side));
  Values values{{"program", method.program},
                {"teacher", method.teacher.empty() ? "none" : method.teacher},
                {"channels", join(contract.channels, " ")},
                {"epochs", std::to_string(s.training.epochs)},
                {"epoch-iterations", std::to_string(s.training.epoch_iterations)},
                {"batch", std::to_string(s.training.batch)},
                {"patch", join(patch, " ")},
                {"optimizer", s.optimizer.optimizer},
                {"learning-rate", exact(s.optimizer.learning_rate)},
                {"betas", listed(s.optimizer.betas)},
                {"epsilon", exact(s.optimizer.epsilon)},
                {"weight-decay", exact(s.optimizer.weight_decay)},
                {"momentum", exact(s.optimizer.momentum)},
                {"nesterov", on_off(s.optimizer.nesterov)},
                {"warmup", exact(s.schedule.warmup)},
                {"decay-from", exact(s.schedule.decay_from)},
                {"step-decay-every", std::to_string(s.schedule.step_decay_every)},
                {"step-decay-stages", std::to_string(s.schedule.step_decay_stages)},
                {"step-decay-factor", exact(s.schedule.step_decay_factor)},
                {"plateau", on_off(s.schedule.plateau)},
                {"plateau-watch", s.schedule.plateau_watch},
                {"plateau-threshold", exact(s.schedule.plateau_threshold)},
                {"plateau-patience", std::to_string(s.schedule.plateau_patience)},
                {"plateau-factor", exact(s.schedule.plateau_factor)},
                {"selection", s.selection.selection}};
  add_augmentation(values, s.augment);
  const auto network = models::make_network(train::network_section(s), channels, outputs, 0);
  values["parameters"] = std::to_string(models::parameter_count(network->module()));
  if (told.procedure.adversary.kind.empty()) return values;
  const Section& adversary = told.procedure.adversary;
  values["update-below-accuracy"] = value_in(adversary, "update-below-accuracy");
  values["discriminator-learning-rate"] = value_in(adversary, "learning-rate");
  values["discriminator-betas"] = value_in(adversary, "betas");
  const auto judge =
      models::make_discriminator(discriminator_section(adversary), channels, outputs);
  values["discriminator-parameters"] = std::to_string(models::parameter_count(*judge->module()));
  return values;
}

TEST(ShippedSettings, HaveEveryMethodThatTheReferenceStates) {
  EXPECT_EQ(names_of(methods()), names_of(golden()));
}

class ShippedSettings : public testing::TestWithParam<std::string> {};

TEST_P(ShippedSettings, SayWhatThePaperSays) {
  const Method& method = methods().at(GetParam());
  const Assembled a(method);
  expect_stated(as_read(method, a.told, a.network().contract),
                golden().at(GetParam()).at("stated"));
}

std::vector<methods::Report> first_reports(const Method& row) {
  const Assembled a(row);
  const auto method = methods::make_method(a.told.procedure.name, a.setup);
  for (const auto& part : method->parts())
    if (part.name == "discriminator") models::fill_by_formula(*part.module, 1);
  std::vector<methods::Report> reports;
  for (size_t step = 0; step < epochs.size(); ++step) {
    methods::StepInfo info;
    info.step = static_cast<int64_t>(step);
    info.steps = static_cast<int64_t>(epochs.size());
    info.epoch = epochs[step];
    info.epochs = a.told.learning.training.epochs;
    info.seed = a.told.learning.tensor.seed;
    reports.push_back(method->step(batch_of(a, info.step), info));
  }
  return reports;
}

/// Rows that differ in their cases or their seed alone have the same settings, and are run once.
const std::vector<methods::Report>& reports_of(const Method& row) {
  static std::map<std::string, std::vector<methods::Report>> known;
  const std::string settings =
      row.paper + " " + row.program + " " + row.teacher + " " + join(row.settings, " ");
  const auto found = known.find(settings);
  return found != known.end() ? found->second : known[settings] = first_reports(row);
}

TEST_P(ShippedSettings, GiveTheReferenceLosses) {
  const auto& expected = golden().at(GetParam());
  const auto& reports = reports_of(methods().at(GetParam()));
  for (size_t step = 0; step < reports.size(); ++step) {
    expect_report(reports[step], expected.at(std::to_string(step)), step);
    if (HasFailure()) break;  // what follows would differ, too
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, ShippedSettings, testing::ValuesIn(names_of(methods())),
                         test_name);

}  // namespace
}  // namespace kdseg::golden
