#include "train/identity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>
#include <span>

#include "base/text.h"
#include "io/atomic_file.h"
#include "io/tree.h"

namespace kdseg::train {
namespace {

template <class T>
std::string listed(const std::vector<T>& values) {
  return fmt::format("{}", fmt::join(values, " "));
}

}  // namespace

void add_section(Identity& identity, const Section& section) {
  const std::string title =
      "[" + section.kind + (section.name.empty() ? "" : "." + section.name) + "]";
  identity.emplace_back(title, "present");
  std::map<std::string, std::string> values;  // the last one wins, as where it is read
  for (const auto& s : section.settings) values[s.key] = s.value;
  for (const auto& [key, value] : values) identity.emplace_back(title + " " + key, value);
}

Identity identity_of(const LearningSettings& s, const TrainingCases& cases) {
  const auto& t = s.training;
  Identity id{
      {"training cases", fmt::format("{} cases", cases.training.size())},
      {"validation cases", fmt::format("{} cases", cases.validation.size())},
      {"content of the cases", cases.content},
      {"recipe", t.recipe.empty() ? "none" : io::read_text(t.recipe)},
      {"init", t.init.empty() ? "none" : io::stored_content_sha256(t.init)},
      {"channels", listed(t.channels)},
      {"epochs", std::to_string(t.epochs)},
      {"batch", std::to_string(t.batch)},
      {"patch", listed(t.patch)},
      {"width", std::to_string(t.width)},
      {"seed", std::to_string(s.tensor.seed)},
      {"precision", s.tensor.precision},
      {"optimizer", s.optimizer.optimizer},
      {"learning-rate", exact(s.optimizer.learning_rate)},
      {"betas", listed(s.optimizer.betas)},
      {"epsilon", exact(s.optimizer.epsilon)},
      {"weight-decay", exact(s.optimizer.weight_decay)},
      {"warmup", exact(s.schedule.warmup)},
      {"decay-from", exact(s.schedule.decay_from)},
      {"step-decay-every", std::to_string(s.schedule.step_decay_every)},
      {"step-decay-factor", exact(s.schedule.step_decay_factor)},
      {"plateau", s.schedule.plateau ? "on" : "off"},
      {"plateau-watch", s.schedule.plateau_watch},
      {"plateau-threshold", exact(s.schedule.plateau_threshold)},
      {"plateau-patience", std::to_string(s.schedule.plateau_patience)},
      {"plateau-factor", exact(s.schedule.plateau_factor)},
      {"validate-every", std::to_string(s.selection.validate_every)},
      {"selection", s.selection.selection},
      {"subsets", s.subsets},
  };
  if (!s.synthesize.empty()) id.emplace_back("synthesize", listed(s.synthesize));
  if (s.head != "classes") id.emplace_back("head", s.head);
  for (const auto& section : s.networks) add_section(id, section);
  for (const auto& section : s.terms) add_section(id, section);
  if (!s.augment.kind.empty()) add_section(id, s.augment);
  return id;
}

std::string hash_of(const Identity& identity) {
  std::string text;
  for (const auto& [name, value] : identity) text += name + "\n" + value + "\n";
  return io::sha256(std::as_bytes(std::span(text))).substr(0, 16);
}

std::string differences(const Identity& before, const Identity& now) {
  const std::map<std::string, std::string> old(before.begin(), before.end()),
      current(now.begin(), now.end());
  std::vector<std::string> found;
  const auto shown = [](std::string value) {
    if (value.find('\n') != std::string::npos) return std::string("another text");
    return value.empty() ? std::string("not set") : value;
  };
  const auto value_in = [&](const auto& map, const std::string& name) {
    const auto at = map.find(name);
    return shown(at == map.end() ? "" : at->second);
  };
  std::set<std::string> names;
  for (const auto& [name, value] : old) names.insert(name);
  for (const auto& [name, value] : current) names.insert(name);
  for (const auto& name : names) {
    const auto a = old.find(name), b = current.find(name);
    if (a != old.end() && b != current.end() && a->second == b->second) continue;
    found.push_back(
        fmt::format("{} was {}, is {}", name, value_in(old, name), value_in(current, name)));
  }
  if (found.size() > 3) {
    const size_t more = found.size() - 3;
    found.resize(3);
    found.push_back(fmt::format("{} more", more));
  }
  return join(found, "; ");
}

}  // namespace kdseg::train
