#include "methods/unpaired.h"

#include <torch/nn/module.h>

#include <algorithm>

#include "base/errors.h"
#include "base/names.h"
#include "methods/mutual.h"
#include "methods/mutual_sections.h"
#include "methods/subsets.h"
#include "methods/translation.h"
#include "models/work.h"

namespace kdseg::methods {
namespace {

class Unpaired : public Method {
 public:
  Unpaired(const Setup& setup, bool for_generators)
      : setup_(with_translated_streams(setup)),
        for_generators_(for_generators),
        translation_(setup_) {
    if (!setup_.networks.empty()) {
      mutual_ = make_mutual(setup_);
      plan_ = plan_of(setup_);
      make_guides();
    } else if (!setup_.supervise.empty() || !setup_.distil.empty()) {
      throw UsageError("[supervise.NAME] and [distil.NAME] need a [network.NAME]");
    }
    require_own_names();
  }

  std::vector<std::string> streams() const override {
    std::vector<std::string> names;
    if (translation_.learns()) names = {setup_.translation->from, setup_.translation->to};
    for (const auto& stream : asked_of_networks())
      add_missing(names, {is_translated(stream) ? translation_.origin_of(stream) : stream});
    return names;
  }

  Report step(const tensor::Draw& draw, const StepInfo& info) override {
    Report report;
    double loss = 0;
    if (translation_.learns()) {
      NamedScalars scalars;
      translation_.learn(draw, info, guides_, scalars);
      report = finite_report(scalars, info, cases_in(draw));
      for (const auto& [name, value] : report)
        if (name.starts_with("loss-")) loss += value;
    }
    if (mutual_) {
      tensor::Draw whole = draw;
      for (const auto& stream : asked_of_networks())
        if (is_translated(stream)) whole[stream] = translation_.translated(stream, draw);
      const Report lessons = mutual_->step(whole, info);
      loss += lessons.at("loss");
      report.insert(lessons.begin(), lessons.end());
    }
    report["loss"] = loss;
    return report;
  }

  Report validate(const tensor::Batch& batch, const StepInfo& info, Logits* logits) override {
    return mutual_ ? mutual_->validate(batch, info, logits) : Report{{"loss", 0.0}};
  }

  std::vector<Part> parts() override {
    std::vector<Part> parts = translation_.parts();
    if (!mutual_) return parts;
    for (auto& part : mutual_->parts()) parts.push_back(part);
    return parts;
  }

  std::vector<Candidate> candidates() const override {
    if (!for_generators_) return mutual_->candidates();
    std::vector<Candidate> made;
    for (const auto& member : translation_.generators())
      made.push_back({member.name, {member}, made.empty()});
    return made;
  }

  std::vector<Candidate::Member> beside() const override {
    if (for_generators_ || !translation_.learns()) return {};
    return translation_.generators();
  }

  int64_t macs(const Shapes& given) const override {
    Shapes shapes = given;
    int64_t sum = translation_.learns() ? translation_.macs(given) : 0;
    for (size_t d = 0; d < 2; ++d) {
      const std::string stream = translation_.streams()[d];
      const auto& origin = translation_.origin_of(stream);
      if (given.contains(origin)) shapes[stream] = given.at(origin);
      for (const auto& guide : guides_[d]) {
        const auto& [size, batch] = shapes.at(stream);
        sum += 2 * batch *
               models::macs_of(*guide.model->network,
                               static_cast<int64_t>(guide.model->contract.channels.size()), size);
      }
    }
    if (!mutual_) return sum;
    for (const auto& stream : asked_of_networks())
      if (is_translated(stream) && !translation_.keeps(stream))
        sum += translation_.forward_macs(stream == translation_.streams()[0] ? 0 : 1, given);
    return sum + mutual_->macs(shapes);
  }

  void save(io::Tree& tree, const std::string& prefix) const override {
    translation_.save(tree, prefix);
  }
  void load(const io::Tree& tree, const std::string& prefix) override {
    translation_.load(tree, prefix);
  }

 private:
  static Setup with_translated_streams(const Setup& setup) {
    if (!setup.translation) throw UsageError("this procedure needs a [translation]");
    Setup whole = setup;
    const TranslationSetup& t = *setup.translation;
    const auto channels = [](const Trained& generator) {
      return generator.model.contract.head.names;
    };
    whole.streams.push_back(
        {translated_stream(t.from, t.to), channels(t.there), setup.domain_of(t.to)});
    whole.streams.push_back(
        {translated_stream(t.to, t.from), channels(t.back), setup.domain_of(t.from)});
    return whole;
  }

  static bool is_translated(const std::string& stream) {
    return stream.find('>') != std::string::npos;
  }

  std::vector<std::string> asked_of_networks() const {
    return mutual_ ? mutual_->streams() : std::vector<std::string>();
  }

  void make_guides() {
    const auto names = translation_.streams();
    for (const auto& lesson : plan_.lessons) {
      if (lesson.shapes == 0) continue;
      if (!translation_.learns())
        throw UsageError("[supervise.{}]: shapes guides a generator, and none is trained",
                         lesson.name);
      const auto direction = std::find(names.begin(), names.end(), lesson.stream) - names.begin();
      if (direction == 2)
        throw UsageError("[supervise.{}]: shapes is of one translated stream, found {}",
                         lesson.name, lesson.stream);
      const auto trained =
          std::find_if(setup_.networks.begin(), setup_.networks.end(),
                       [&](const Trained& one) { return one.name == lesson.network; });
      objectives_.push_back(std::make_unique<losses::Objective>(lesson.terms));
      auto& weights = weights_.emplace_back(std::make_unique<std::vector<at::Tensor>>(
          convolution_weights(trained->model.network->module())));
      guides_[static_cast<size_t>(direction)].push_back(
          {lesson.name, lesson.shapes, &trained->model, *weights, objectives_.back().get()});
    }
  }

  void require_own_names() {
    std::vector<std::string> names;
    for (const auto& part : parts()) {
      if (holds(names, part.name))
        throw UsageError("[network.{}]: another network or discriminator has this name", part.name);
      names.push_back(part.name);
    }
  }

  Setup setup_;
  bool for_generators_;
  Translation translation_;
  MutualPlan plan_;
  std::unique_ptr<Method> mutual_;                                 ///< null: no networks
  std::vector<std::unique_ptr<losses::Objective>> objectives_;     ///< of the guides
  std::vector<std::unique_ptr<std::vector<at::Tensor>>> weights_;  ///< of the guides
  std::array<std::vector<Guide>, 2> guides_;                       ///< by direction
};

}  // namespace

std::unique_ptr<Method> make_unpaired(const Setup& setup) {
  if (setup.networks.empty()) throw UsageError("the procedure unpaired trains no [network.NAME]");
  return std::make_unique<Unpaired>(setup, false);
}

std::unique_ptr<Method> make_alignment(const Setup& setup) {
  return std::make_unique<Unpaired>(setup, true);
}

}  // namespace kdseg::methods
