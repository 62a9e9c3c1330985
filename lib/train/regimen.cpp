#include "train/regimen.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::train {
namespace {

using Kind = Parameter::Kind;

Parameter number(const char* name, double low, double high) {
  return {name, Kind::number, "", std::string("as --") + name, low, high, {}};
}
Parameter integer(const char* name, double low) {
  return {name, Kind::integer, "", std::string("as --") + name, low, 1e15, {}};
}
Parameter toggle(const char* name) {
  return {name, Kind::choice, "", std::string("as --") + name, -1e300, 1e300, {"on", "off"}};
}

/// What stands in a section, into the fields of the run's settings.
class Overlay {
 public:
  explicit Overlay(const Parameters& values) : values_(values) {}
  void text(const char* key, std::string& field) const {
    if (stands(key)) field = values_.text(key);
  }
  void number(const char* key, double& field) const {
    if (stands(key)) field = values_.number(key);
  }
  void integer(const char* key, int64_t& field) const {
    if (stands(key)) field = values_.integer(key);
  }
  void toggle(const char* key, bool& field) const {
    if (stands(key)) field = values_.text(key) == "on";
  }
  void numbers(const char* key, std::vector<double>& field) const {
    if (stands(key)) field = values_.numbers(key);
  }

 private:
  bool stands(const char* key) const { return !values_.text(key).empty(); }
  const Parameters& values_;
};

void overlay(const Section& section, OptimizerSettings& o, ScheduleSettings& s) {
  const Parameters values(optimizer_parameters(), section);
  const Overlay over(values);
  over.text("optimizer", o.optimizer);
  over.number("learning-rate", o.learning_rate);
  over.numbers("betas", o.betas);
  over.number("epsilon", o.epsilon);
  over.number("weight-decay", o.weight_decay);
  over.toggle("amsgrad", o.amsgrad);
  over.number("momentum", o.momentum);
  over.toggle("nesterov", o.nesterov);
  over.integer("accumulate", o.accumulate);
  over.number("clip-norm", o.clip_norm);
  over.number("warmup", s.warmup);
  over.number("decay-from", s.decay_from);
  over.number("decay-power", s.decay_power);
  over.integer("step-decay-every", s.step_decay_every);
  over.integer("step-decay-stages", s.step_decay_stages);
  over.number("step-decay-factor", s.step_decay_factor);
}

}  // namespace

std::span<const Parameter> optimizer_parameters() {
  static const std::vector<Parameter> rows = [] {
    std::vector<std::string> names;
    for (const auto& row : optim::optimizers()) names.push_back(row.name);
    return std::vector<Parameter>{
        {"optimizer", Kind::choice, "", "as --optimizer", -1e300, 1e300, names},
        number("learning-rate", 0, 10),
        {"betas", Kind::numbers, "", "as --betas", 0, 0.999999, {}},
        number("epsilon", 0, 1),
        number("weight-decay", 0, 10),
        toggle("amsgrad"),
        number("momentum", 0, 0.999999),
        toggle("nesterov"),
        integer("accumulate", 1),
        number("clip-norm", 0, 1e12),
        number("warmup", 0, 1),
        number("decay-from", 0, 1),
        number("decay-power", 0.1, 10),
        integer("step-decay-every", 0),
        integer("step-decay-stages", 0),
        number("step-decay-factor", 0.001, 1)};
  }();
  return rows;
}

methods::Regimen regimen_of(const LearningSettings& settings, const std::string& name) {
  OptimizerSettings o = settings.optimizer;
  ScheduleSettings s = settings.schedule;
  std::string place = "--optimizer " + o.optimizer;
  for (const auto& section : settings.optimizers)
    if (section.name == name) {
      overlay(section, o, s);
      place = fmt::format("{}: [optimizer.{}]", section.where, name);
    }
  if (o.betas.size() != 2)
    throw UsageError("{}: betas has {} values, expected 2", place, o.betas.size());
  const auto& row = optim::optimizer_row(o.optimizer);
  const double rate = o.learning_rate > 0 ? o.learning_rate : row.learning_rate;
  if (rate <= 0)
    throw UsageError("{}: {} has no usual learning rate; give --learning-rate", place, row.name);
  const bool gradient_descent = row.name == "sgd";
  if (o.amsgrad && gradient_descent)
    throw UsageError("{}: amsgrad is of adam and adamw, not of sgd", place);
  if (o.nesterov && (!gradient_descent || o.momentum <= 0))
    throw UsageError("{}: nesterov needs sgd with a momentum above 0", place);
  methods::Regimen regimen;
  regimen.optimizer = {.name = o.optimizer,
                       .learning_rate = rate,
                       .beta1 = o.betas[0],
                       .beta2 = o.betas[1],
                       .epsilon = o.epsilon,
                       .amsgrad = o.amsgrad,
                       .momentum = o.momentum,
                       .nesterov = o.nesterov,
                       .weight_decay = o.weight_decay};
  regimen.schedule = {.base = 1.0,
                      .warmup_fraction = s.warmup,
                      .decay_from_fraction = s.decay_from,
                      .step_decay_every = s.step_decay_every,
                      .step_decay_factor = s.step_decay_factor,
                      .stages = s.step_decay_stages,
                      .decay_power = s.decay_power};
  regimen.accumulate = o.accumulate;
  regimen.clip_norm = o.clip_norm;
  return regimen;
}

void check_optimizer_names(const LearningSettings& settings,
                           const std::vector<std::string>& networks) {
  for (const auto& section : settings.optimizers)
    if (std::find(networks.begin(), networks.end(), section.name) == networks.end())
      throw UsageError("{}: [optimizer.{}] names no trained network, there are {}{}", section.where,
                       section.name, join(networks, ", "), did_you_mean(section.name, networks));
}

}  // namespace kdseg::train
