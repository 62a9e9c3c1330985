#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace kdseg {

std::string trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::string excerpt(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 40))
    shown += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return text.size() > 40 ? shown + "..." : shown;
}

std::string join(std::span<const std::string> items, std::string_view separator) {
  return fmt::format("{}", fmt::join(items, separator));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> items;
  for (;;) {
    const auto end = text.find(separator);
    items.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return items;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  for (size_t i = 0; i < text.size();) {
    const auto first = text.find_first_not_of(" \t\r\n,", i);
    if (first == std::string_view::npos) break;
    const auto last = std::min(text.find_first_of(" \t\r\n,", first), text.size());
    items.emplace_back(text.substr(first, last - first));
    i = last;
  }
  return items;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string exact(double value) { return fmt::format("{}", value); }

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> names) {
  const auto distance = [](std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j <= b.size(); ++j) {
        const size_t up = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
        diagonal = up;
      }
    }
    return row[b.size()];
  };
  std::optional<std::string> best;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : names)
    if (const size_t d = distance(name, candidate); d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  return best;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> names) {
  if (const auto near = nearest(name, names)) return fmt::format("; did you mean '{}'?", *near);
  return names.empty() ? std::string{} : fmt::format("; known: {}", join(names));
}

}  // namespace kdseg
