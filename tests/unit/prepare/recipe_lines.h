// Recipes as text for the tests: one recipe with some of its lines replaced.
#pragma once
#include <set>
#include <string>

#include "base/errors.h"
#include "base/text.h"
#include "prepare/recipe.h"

namespace kdseg::test {

/// A recipe that has nothing to learn from cases.
inline prepare::Recipe recipe(const std::string& lines) {
  return prepare::Recipe::fit(prepare::parse_recipe(lines, "test.ini"), 0, nullptr);
}

/// Why a recipe is refused.
inline std::string refusal(const std::string& lines) {
  try {
    recipe(lines);
  } catch (const UsageError& e) {
    return e.what();
  }
  return "accepted";
}

/// `base` without the keys that `lines` states, then `lines`.
inline std::string with_lines(const std::string& base, const std::string& lines) {
  std::set<std::string> stated;
  for (const auto& line : split(lines, '\n')) stated.insert(trim(line.substr(0, line.find('='))));
  std::string text;
  for (const auto& line : split(base, '\n'))
    if (!stated.contains(trim(line.substr(0, line.find('='))))) text += line + "\n";
  return text + lines;
}

/// What the official code of HAD-Net does (config/experiments/had-net/recipe.ini).
inline const std::string had_net =
    "name = had-net\norientation = LAS\nmask-channels = flair t1ce t1 t2\ncrop = mask-box\n"
    "size = fit\nsize-multiple = 16\nequal-axes = x z\nintensity = clip-rescale\nclip-sigma = 3\n"
    "negative = absolute\ntruncate = on\noutside = keep\napply-mask = augmented-only\n"
    "offsets = stored\n";

}  // namespace kdseg::test
