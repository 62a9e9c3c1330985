// Lists of names in which each stands once: channels, streams, features.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace kdseg {

inline bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Appends those of `more` that are not among `names` yet, in their order.
inline void add_missing(std::vector<std::string>& names, const std::vector<std::string>& more) {
  for (const auto& name : more)
    if (!holds(names, name)) names.push_back(name);
}

}  // namespace kdseg
