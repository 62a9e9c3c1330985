// Small networks, settings and draws for the tests of the procedure unpaired.
#pragma once
#include "methods/unpaired.h"
#include "tiny.h"

namespace kdseg::methods {

inline constexpr int64_t side = 32, classes = 8;

inline Section section(const std::string& kind, const std::string& name,
                       const std::vector<std::pair<std::string, std::string>>& settings) {
  Section made{kind, name, "a.ini:5", {}};
  for (const auto& [key, value] : settings) made.settings.push_back({key, value, "a.ini:6"});
  return made;
}

inline Head eight_classes() {
  Head head;
  for (int k = 0; k < classes; ++k) {
    head.names.push_back("c" + std::to_string(k));
    head.classes_of.push_back({k});
    head.codes.push_back(k);
  }
  return head;
}

inline Head image_head(const std::string& name) { return {Head::Kind::image, {name}, {{}}, {}}; }

inline models::Model model_of(const char* kind, const std::string& channel, const Head& head,
                              uint64_t seed, const char* width) {
  models::Model model;
  model.contract.channels = {channel};
  model.contract.head = head;
  const Section section{"network", kind, "test", {{"width", width, "test"}}};
  model.network = models::make_network(section, 1, head.channels(), 0, &model.section);
  models::initialize(*model.network, seed);
  model.network->module().to(at::kDouble);
  return model;
}

inline std::shared_ptr<models::Discriminator> judge_of(uint64_t seed, const char* width) {
  auto judge = models::make_discriminator(
      {"network", "patch-gan", "test", {{"width", width, "test"}}}, 1, 1);
  models::initialize(*judge, seed);
  judge->module()->to(at::kDouble);
  return judge;
}

inline Regimen descent(double rate) {
  Regimen regimen;
  regimen.optimizer.name = "sgd";
  regimen.optimizer.learning_rate = rate;
  regimen.optimizer.momentum = 0;
  return regimen;
}

inline TranslationSetup translation_setup(const Section& settings, const Regimen& regimen,
                                          const char* width = "2") {
  TranslationSetup t;
  t.from = "a";
  t.to = "t";
  t.there = {"a-to-t", model_of("resnet-generator", "mr", image_head("ct"), 11, width), regimen};
  t.back = {"t-to-a", model_of("resnet-generator", "ct", image_head("mr"), 12, width), regimen};
  t.judge_of_to = judge_of(13, width);
  t.judge_of_from = judge_of(14, width);
  t.judging = regimen;
  t.section = settings;
  return t;
}

/// The whole of it: real learns from t, syn from a>t, each from the other where the other has
/// labels; syn also guides the generator.
inline methods::Setup mkd_setup(const std::vector<std::pair<std::string, std::string>>& translation,
                                const Regimen& regimen = descent(0.05)) {
  methods::Setup setup;
  setup.streams = {{"a", {"mr"}}, {"t", {"ct"}}};
  setup.networks = {{"syn", model_of("resunet2d", "ct", eight_classes(), 1, "2"), regimen},
                    {"real", model_of("resunet2d", "ct", eight_classes(), 2, "2"), regimen}};
  setup.terms = {{"term", "cross-entropy", "test", {}},
                 section("term", "dice",
                         {{"smoothing", "1e-7"},
                          {"denominator", "squared-prediction"},
                          {"sums", "batch"},
                          {"smoothed", "below"}}),
                 {"term", "teacher-cross-entropy", "test", {}}};
  setup.supervise = {
      section("supervise", "real", {{"network", "real"}, {"stream", "t"}}),
      section("supervise", "syn", {{"network", "syn"}, {"stream", "a>t"}, {"shapes", "1"}})};
  setup.distil = {
      section("distil", "s-r",
              {{"teacher", "syn"}, {"student", "real"}, {"stream", "a>t"}, {"weight", "0.5"}}),
      section("distil", "r-s", {{"teacher", "real"}, {"student", "syn"}, {"stream", "t"}})};
  setup.translation = translation_setup(section("translation", "", translation), regimen);
  return setup;
}

inline tensor::Batch batch_of(double phase, const std::string& channel) {
  tensor::Batch batch;
  const int64_t pixels = 2 * side * side;
  batch.input.image =
      at::sin(at::arange(pixels, at::kDouble) * 0.037 + phase).view({2, 1, side, side});
  batch.target.classes =
      at::remainder(at::arange(pixels, at::kLong) + static_cast<int64_t>(phase), classes)
          .view({2, side, side});
  batch.cases = {"x", "y"};
  batch.channels = {channel};
  return batch;
}

inline tensor::Draw draw_of(int number) {
  return {{"a", batch_of(number, "mr")}, {"t", batch_of(number + 40, "ct")}};
}

using Values = std::vector<at::Tensor>;

inline Values everything_in(const torch::nn::Module& module) {
  Values values = copies(module);
  for (const auto& b : module.buffers()) values.push_back(b.detach().clone().to(at::kDouble));
  return values;
}

inline const torch::nn::Module& module_of(Method& method, const std::string& name) {
  for (const auto& part : method.parts())
    if (part.name == name) return *part.module;
  throw std::logic_error(name);
}

}  // namespace kdseg::methods
