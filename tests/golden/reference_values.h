// Values that the scripts in tests/reference state, and how ours are held against them.
#pragma once
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/text.h"
#include "data/augment/augment.h"
#include "io/table.h"
#include "methods/method.h"

namespace kdseg::golden {

using Values = std::map<std::string, std::string>;
/// By row, then by step ("0", "1", ..., or "stated"), then by quantity.
using Golden = std::map<std::string, std::map<std::string, Values>>;

/// A table of tests/reference; columns that name a row are joined by a slash.
inline Golden read_golden(const std::string& file, std::vector<std::string> columns) {
  const size_t keys = columns.size();
  columns.insert(columns.end(), {"step", "quantity", "value"});
  Golden values;
  for (const auto& row : io::read_table(file, columns).rows) {
    const std::vector<std::string> key(row.begin(), row.begin() + static_cast<long>(keys));
    values[join(key, "/")][row[keys]][row[keys + 1]] = row[keys + 2];
  }
  return values;
}

/// "2e-4" and "0.0002" are equal, "0.5 0.999" and "0.5,0.999" as well.
inline bool same(const std::string& a, const std::string& b) {
  const auto left = split_list(a), right = split_list(b);
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    const auto x = parse_number(left[i]), y = parse_number(right[i]);
    if (x && y ? *x != *y : left[i] != right[i]) return false;
  }
  return true;
}

inline void expect_stated(const Values& read, const Values& stated) {
  for (const auto& [key, value] : stated)
    EXPECT_PRED2(same, read.contains(key) ? read.at(key) : "not read", value) << key;
}

/// The flips and the affine map of an augmentation.
inline void add_motion(Values& values, const data::Augmentation& a) {
  std::vector<std::string> axes;
  for (const int axis : a.flip_axes) axes.push_back(std::string(1, "zyx"[axis]));
  values["flip-axis"] = join(axes, " ");
  values["flip-probability"] = exact(a.flip_probability);
  values["affine-probability"] = exact(a.affine_probability);
  values["rotation-deg"] = exact(a.rotation_deg);
  values["shear"] = exact(a.shear);
  values["scale"] = exact(a.scale);
}

/// Just the reference's values; both sides are float64.
inline void expect_report(const methods::Report& report, const Values& values, size_t step) {
  constexpr double tolerance = 1e-8;  // relative
  EXPECT_EQ(report.size(), values.size()) << "step " << step;
  for (const auto& [name, text] : values) {
    const double value = std::stod(text);
    ASSERT_TRUE(report.contains(name)) << name << " at step " << step;
    EXPECT_NEAR(report.at(name), value, tolerance * std::abs(value)) << name << " at step " << step;
  }
}

/// The name of a parameterized test, of letters, digits and underscores.
inline std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

template <class Rows>
std::vector<std::string> names_of(const Rows& rows) {
  std::vector<std::string> all;
  for (const auto& [name, row] : rows) all.push_back(name);
  return all;
}

}  // namespace kdseg::golden
