// Small text functions with one meaning everywhere: lists, numbers, nearest names.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kdseg {

std::string trim(std::string_view text);
std::string join(std::span<const std::string> items, std::string_view separator = ", ");
std::vector<std::string> split(std::string_view text, char separator);  ///< keeps empty fields
/// Items separated by blanks or commas: "flair,t1 t2" gives three.
std::vector<std::string> split_list(std::string_view text);

/// A piece of a foreign text for a message: 40 bytes at most, '?' for control characters.
std::string excerpt(std::string_view text);

/// The whole text as a number; nullopt for anything else, including "nan" and "inf".
std::optional<double> parse_number(std::string_view text);
std::optional<int64_t> parse_integer(std::string_view text);

/// The shortest text that reads back as exactly this number.
std::string exact(double value);

/// The name with the least edit distance, if close enough to be a likely misspelling.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> names);
/// "; did you mean 'epochs'?" or, without a near name, "; known: a, b, c".
std::string did_you_mean(std::string_view name, std::span<const std::string> names);

}  // namespace kdseg
