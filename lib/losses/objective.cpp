#include "losses/objective.h"

#include <ATen/ops/add.h>
#include <ATen/ops/mul.h>

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::losses {
namespace {

const Parameter weight_parameter{
    "weight", Parameter::Kind::number, "1", "factor of this term in the sum", 0.0, 1e12, {}};

const TermRow& row_of(const Section& section) {
  const std::string name = section.name.substr(0, section.name.find(':'));
  std::vector<std::string> names;
  for (const auto& row : terms()) {
    if (row.name == name) return row;
    names.push_back(row.name);
  }
  const std::string where = section.where.empty() ? "" : section.where + ": ";
  throw UsageError("{}unknown term '{}'{}", where, name, did_you_mean(name, names));
}

std::vector<std::string> merged(const std::vector<Term>& terms,
                                std::vector<std::string> Term::*needs) {
  std::vector<std::string> all;
  for (const auto& term : terms)
    for (const auto& name : term.*needs)
      if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
  return all;
}

}  // namespace

Objective::Objective(std::span<const Section> sections) {
  for (const Section& section : sections) {
    const TermRow& row = row_of(section);
    std::vector<Parameter> declared{weight_parameter};
    declared.insert(declared.end(), row.parameters.begin(), row.parameters.end());
    const Parameters parameters(declared, section);
    Term term = row.build(parameters);
    term.name = section.name;
    term.weight = parameters.number("weight");
    for (const auto& other : terms_)
      if (other.name == term.name)
        throw UsageError("{}: [term.{}] stands twice; tell them apart by a suffix, [term.{}:NAME]",
                         section.where, term.name, row.name);
    terms_.push_back(std::move(term));
    resolved_.push_back(parameters.resolved());
  }
  if (terms_.empty()) throw UsageError("no loss: give at least one [term.NAME] section");
}

at::Tensor Objective::value(const Evidence& evidence,
                            std::vector<std::pair<std::string, at::Tensor>>* parts,
                            const Choice& chosen) const {
  at::Tensor sum;
  for (const Term& term : terms_) {
    if (chosen && !chosen(term)) continue;
    if (term.needs_teacher && !evidence.teacher)
      throw UsageError("[term.{}] needs a teacher; this procedure has none", term.name);
    if (term.needs_target && !evidence.target)
      throw UsageError("[term.{}] needs labels; this procedure has none", term.name);
    const at::Tensor value = term.value(evidence);
    if (parts) parts->emplace_back(term.name, value.detach());
    const at::Tensor weighted = term.weight == 1.0 ? value : at::mul(value, term.weight);
    sum = sum.defined() ? at::add(sum, weighted) : weighted;
  }
  return sum;
}

std::vector<std::string> Objective::student_needs() const {
  return merged(terms_, &Term::student_needs);
}

std::vector<std::string> Objective::teacher_needs() const {
  return merged(terms_, &Term::teacher_needs);
}

bool Objective::needs_teacher() const {
  return std::any_of(terms_.begin(), terms_.end(), [](const Term& t) { return t.needs_teacher; });
}

bool Objective::needs_target() const {
  return std::any_of(terms_.begin(), terms_.end(), [](const Term& t) { return t.needs_target; });
}

bool Objective::needs_image() const {
  return std::any_of(terms_.begin(), terms_.end(), [](const Term& t) { return t.needs_image; });
}

bool Objective::needs_weights() const {
  return std::any_of(terms_.begin(), terms_.end(), [](const Term& t) { return t.needs_weights; });
}

}  // namespace kdseg::losses
