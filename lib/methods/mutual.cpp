#include "methods/mutual.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/names.h"
#include "base/text.h"
#include "methods/learner.h"
#include "methods/mutual_sections.h"
#include "models/catalog.h"
#include "models/checkpoint.h"
#include "models/work.h"

namespace kdseg::methods {
namespace {

/// The images that the model sees of a stream: those it names, or of a stream of other images the
/// stream's own, which come first and are as many; behind them stand those for frozen networks.
at::Tensor images_for(const tensor::Batch& batch, const models::Model& model) {
  const auto& wanted = model.contract.channels;
  const bool by_name = std::all_of(wanted.begin(), wanted.end(),
                                   [&](const auto& name) { return holds(batch.channels, name); });
  return by_name ? images_of(batch, wanted)
                 : batch.input.image.narrow(1, 0, static_cast<int64_t>(wanted.size()));
}

/// A model of its own with the same values, without gradients.
models::Model twin_of(const models::Model& model, at::Device device) {
  models::Model twin = model;
  twin.network =
      models::make_network(model.section, static_cast<int64_t>(model.contract.channels.size()),
                           model.contract.head.channels());
  twin.network->module().to(model.network->module().parameters().front().scalar_type());
  io::Tree tree;
  models::module_to_arrays(model.network->module(), "", tree);
  models::module_from_arrays(twin.network->module(), "", tree);
  twin.network->module().to(device);
  freeze(twin);
  return twin;
}

/// One batch of the samples of several, all of them labelled. \throws UsageError  they do not fit
tensor::Batch joined(const std::vector<std::string>& streams, const tensor::Draw& draw) {
  std::vector<at::Tensor> images, classes;
  tensor::Batch whole;
  const std::string name = join(streams, "+");
  for (const auto& stream : streams) {
    const tensor::Batch& part = draw.at(stream);
    if (!part.target.classes.defined() || part.target.share.defined() || !part.labelled.empty())
      throw UsageError("stream {}: joined streams need hard labels of every case", name);
    images.push_back(part.input.image);
    classes.push_back(part.target.classes);
    whole.cases.insert(whole.cases.end(), part.cases.begin(), part.cases.end());
    if (whole.channels.empty()) whole.channels = part.channels;
    if (!at::IntArrayRef(images.back().sizes().slice(1)).equals(images.front().sizes().slice(1)))
      throw UsageError("stream {}: samples of {} and {} differ in size or number of channels", name,
                       streams.front(), stream);
    auto weights = part.weights;
    weights.resize(part.cases.size(), 1.0);
    whole.weights.insert(whole.weights.end(), weights.begin(), weights.end());
  }
  whole.input.image = at::cat(images);
  whole.target.classes = at::cat(classes);
  const auto counts_alike = [](double weight) { return weight == 1; };
  if (std::all_of(whole.weights.begin(), whole.weights.end(), counts_alike)) whole.weights.clear();
  return whole;
}

class Mutual : public Method {
 public:
  explicit Mutual(const Setup& setup) : setup_(setup), plan_(plan_of(setup_)) {
    for (const auto& one : setup_.networks)
      learners_.push_back(std::make_unique<Learner>(one, setup_, one.name + "/"));
    for (const auto& one : setup_.frozen) freeze(one.model);
    for (const auto& average : plan_.averages)
      averages_.emplace(average.name, twin_of(learner(average.of).model(), setup_.device));
    for (const auto& lesson : plan_.lessons) {
      objectives_.emplace_back(lesson.terms);
      const auto& objective = objectives_.back();
      add_missing(wanted_of({lesson.network, lesson.stream}), objective.student_needs());
      if (!lesson.teacher.empty())
        add_missing(wanted_of({lesson.teacher, lesson.stream}), objective.teacher_needs());
    }
  }

  std::vector<std::string> streams() const override {
    std::vector<std::string> names;
    for (const auto& lesson : plan_.lessons) add_missing(names, parts_of(lesson.stream));
    return names;
  }

  Report step(const tensor::Draw& given, const StepInfo& info) override {
    const tensor::Draw draw = with_joined(given);
    std::map<Key, Pass> passes = all_passes(draw, info);
    NamedScalars scalars;
    std::map<std::string, at::Tensor> losses;
    const auto compute = [&](const Learner& learner) {
      const at::Tensor sum = loss_of_network(learner.name(), draw, passes, info, scalars);
      if (sum.defined()) losses[learner.name()] = sum;
    };
    const auto update = [&](Learner& learner) {
      const auto loss = losses.find(learner.name());
      if (loss == losses.end())
        learner.update({}, {}, info);
      else
        learner.update({loss->second}, {at::Tensor()}, info);
    };
    Report report;
    if (setup_.in_turn) {
      for (auto& learner : learners_) {
        compute(*learner);
        update(*learner);
        look_again(learner->name(), draw, passes);
      }
      report = with_losses(scalars, losses, info, cases_in(given));
    } else {
      for (const auto& learner : learners_) compute(*learner);
      report = with_losses(scalars, losses, info, cases_in(given));
      for (auto& learner : learners_) update(*learner);
    }
    move_averages(info);
    return report;
  }

  Report validate(const tensor::Batch& batch, const StepInfo& info, Logits* logits) override {
    const at::NoGradGuard guard;
    NamedScalars scalars;
    std::map<std::string, at::Tensor> losses;
    for (const auto& learner : learners_) {
      std::vector<std::string> wanted;
      for (size_t i = 0; i < plan_.lessons.size(); ++i)
        if (plan_.lessons[i].network == learner->name())
          add_missing(wanted, objectives_[i].student_needs());
      const Pass pass = learner->forward(images_for(batch, learner->model()), wanted, info, false);
      if (logits) (*logits)[learner->name()] = pass.output.logits;
      for (size_t i = 0; i < plan_.lessons.size(); ++i) {
        const Lesson& lesson = plan_.lessons[i];
        if (lesson.network != learner->name() || !lesson.teacher.empty()) continue;
        NamedScalars parts;
        const at::Tensor value = loss_of(
            objectives_[i], {learner->model(), learner->weights(), pass, batch, nullptr, info},
            setup_, parts);
        append(scalars, lesson.name, parts);
        at::Tensor& sum = losses[learner->name()];
        sum = sum.defined() ? sum + lesson.weight * value : lesson.weight * value;
      }
    }
    if (logits)
      for (auto& [name, model] : averages_) {
        tensor::Input input;
        input.image = images_for(batch, model);
        (*logits)[name] = pass_of(model, std::move(input), {}, setup_).output.logits;
      }
    return with_losses(scalars, losses, info, batch.cases);
  }

  std::vector<Part> parts() override {
    std::vector<Part> parts;
    for (auto& learner : learners_) parts.push_back(learner->part());
    for (auto& [name, model] : averages_) parts.push_back({name, model.network->shared_module()});
    for (auto& one : setup_.frozen)
      parts.push_back({one.name, one.model.network->shared_module(), nullptr, false});
    return parts;
  }

  std::vector<Candidate> candidates() const override {
    std::vector<Candidate> made;
    for (const auto& choice : plan_.candidates) {
      Candidate candidate{choice.name, {}, choice.chosen};
      for (const auto& name : choice.members) candidate.members.push_back({name, &model(name)});
      made.push_back(std::move(candidate));
    }
    return made;
  }

  int64_t macs(const Shapes& shapes) const override {
    int64_t sum = 0;
    for (const auto& [key, wanted] : needs_) {
      const models::Model& own = model(key.first);
      const auto channels = static_cast<int64_t>(own.contract.channels.size());
      for (const auto& stream : parts_of(key.second)) {
        const auto& [size, batch] = shapes.at(stream);
        sum +=
            batch * (learns(key) ? 3 : 1) * models::macs_of(*own.network, channels, size, wanted);
      }
    }
    return sum;
  }

 private:
  using Key = std::pair<std::string, std::string>;  ///< network, stream

  std::vector<std::string>& wanted_of(const Key& key) {
    for (auto& [known, wanted] : needs_)
      if (known == key) return wanted;
    return needs_.emplace_back(key, std::vector<std::string>()).second;
  }

  /// The draw, and the batches that lessons join.
  tensor::Draw with_joined(const tensor::Draw& draw) const {
    tensor::Draw whole = draw;
    for (const auto& lesson : plan_.lessons)
      if (const auto parts = parts_of(lesson.stream); parts.size() > 1)
        if (!whole.contains(lesson.stream)) whole[lesson.stream] = joined(parts, draw);
    return whole;
  }

  static void append(NamedScalars& scalars, const std::string& lesson, const NamedScalars& parts) {
    for (const auto& [name, value] : parts) scalars.emplace_back(lesson + "/" + name, value);
  }

  Learner& learner(const std::string& name) const {
    return **std::find_if(learners_.begin(), learners_.end(),
                          [&](const auto& one) { return one->name() == name; });
  }

  bool is_learner(const std::string& name) const {
    return std::any_of(learners_.begin(), learners_.end(),
                       [&](const auto& one) { return one->name() == name; });
  }

  const models::Model& model(const std::string& name) const {
    if (is_learner(name)) return learner(name).model();
    if (const auto found = averages_.find(name); found != averages_.end()) return found->second;
    return std::find_if(setup_.frozen.begin(), setup_.frozen.end(),
                        [&](const Frozen& one) { return one.name == name; })
        ->model;
  }

  /// Whether a pass is asked for by a lesson of its own network, not by its students alone.
  bool learns(const Key& key) const {
    return std::any_of(plan_.lessons.begin(), plan_.lessons.end(), [&](const Lesson& lesson) {
      return lesson.network == key.first && lesson.stream == key.second;
    });
  }

  std::map<Key, Pass> all_passes(const tensor::Draw& draw, const StepInfo& info) const {
    std::map<Key, Pass> passes;
    for (const auto& [key, wanted] : needs_) {
      const auto& batch = draw.at(key.second);
      const models::Model& own = model(key.first);
      const at::Tensor images = images_for(batch, own);
      if (learns(key)) {
        passes[key] = learner(key.first).forward(images, wanted, info, true, key.second,
                                                 setup_.domain_of(key.second));
        continue;
      }
      const at::NoGradGuard guard;
      if (is_learner(key.first)) {
        passes[key] = learner(key.first).forward(images, wanted, info, false, "",
                                                 setup_.domain_of(key.second));
        continue;
      }
      auto noise = step_noise(info, key.first + "/" + key.second, images.size(0));
      tensor::Input input;
      input.image = images;
      if (setup_.teacher_dropout) input.noise = &noise;
      passes[key] = pass_of(own, std::move(input), wanted, setup_);
    }
    return passes;
  }

  /// The sum of a network's lessons; undefined where none has anything to say.
  at::Tensor loss_of_network(const std::string& name, const tensor::Draw& draw,
                             const std::map<Key, Pass>& passes, const StepInfo& info,
                             NamedScalars& scalars) const {
    at::Tensor sum;
    for (size_t i = 0; i < plan_.lessons.size(); ++i) {
      const Lesson& lesson = plan_.lessons[i];
      if (lesson.network != name) continue;
      const at::Tensor value = value_of(i, draw.at(lesson.stream), passes, info, scalars);
      if (value.defined()) sum = sum.defined() ? sum + value : value;
    }
    return sum;
  }

  /// What an updated network says now where others still learn from it. Its norms do not gather
  /// what they have seen in this step before.
  void look_again(const std::string& teacher, const tensor::Draw& draw,
                  std::map<Key, Pass>& passes) const {
    const at::NoGradGuard guard;
    for (const auto& [key, wanted] : needs_) {
      if (key.first != teacher) continue;
      tensor::Input input;
      input.image = images_for(draw.at(key.second), model(teacher));
      input.domain = setup_.domain_of(key.second);
      if (learns(key)) input.statistics = tensor::Statistics::batch;
      passes[key] = pass_of(model(teacher), std::move(input), wanted, setup_);
    }
  }

  /// A lesson's weighted loss; undefined where its stream's samples have no labels.
  at::Tensor value_of(size_t i, const tensor::Batch& batch, const std::map<Key, Pass>& passes,
                      const StepInfo& info, NamedScalars& scalars) const {
    const Lesson& lesson = plan_.lessons[i];
    tensor::Output teacher;
    if (!lesson.teacher.empty()) {
      const auto& given = passes.at({lesson.teacher, lesson.stream}).output;
      teacher.logits = given.logits.detach();
      for (const auto& [name, value] : given.extra.items) teacher.extra.set(name, value.detach());
    }
    NamedScalars parts;
    const at::Tensor value =
        loss_of(objectives_[i],
                {learner(lesson.network).model(), learner(lesson.network).weights(),
                 passes.at({lesson.network, lesson.stream}), batch,
                 lesson.teacher.empty() ? nullptr : &teacher, info},
                setup_, parts);
    append(scalars, lesson.name, parts);
    return value.defined() && lesson.weight != 1.0 ? value * lesson.weight : value;
  }

  /// The report: every term of every lesson, every network's loss, and their sum.
  static Report with_losses(NamedScalars scalars, const std::map<std::string, at::Tensor>& losses,
                            const StepInfo& info, const std::vector<std::string>& cases) {
    for (const auto& [name, value] : losses) scalars.emplace_back("loss-" + name, value.detach());
    Report report = finite_report(scalars, info, cases);
    double sum = 0;
    for (const auto& [name, value] : losses) sum += report.at("loss-" + name);
    report["loss"] = sum;
    return report;
  }

  void move_averages(const StepInfo& info) {
    const at::NoGradGuard guard;
    for (const auto& average : plan_.averages) {
      // Early averages would remember the random start for long: Tarvainen & Valpola 2017.
      const double decay = std::min(average.decay, 1 - 1 / static_cast<double>(info.step + 2));
      const auto& from = learner(average.of).model().network->module();
      auto& to = averages_.at(average.name).network->module();
      const auto values = from.parameters();
      auto held = to.parameters();
      for (size_t i = 0; i < held.size(); ++i)
        held[i].mul_(decay).add_(values[i].detach(), 1 - decay);
      const auto buffers = from.buffers();
      auto kept = to.buffers();
      for (size_t i = 0; i < kept.size(); ++i) kept[i].copy_(buffers[i]);
    }
  }

  Setup setup_;
  MutualPlan plan_;
  std::vector<std::unique_ptr<Learner>> learners_;
  std::map<std::string, models::Model> averages_;
  std::vector<losses::Objective> objectives_;  ///< one per lesson
  /// Passes in the order in which lessons ask for them, with the maps they must give.
  std::vector<std::pair<Key, std::vector<std::string>>> needs_;
};

}  // namespace

std::unique_ptr<Method> make_mutual(const Setup& setup) { return std::make_unique<Mutual>(setup); }

}  // namespace kdseg::methods
