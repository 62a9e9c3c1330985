#include "phantom/knobs.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::phantom {
namespace {

struct Checker {
  void group(KnobGroup) {}
  void number(const char* name, double value, const char*, double low, double high) {
    if (!(value >= low && value <= high))
      throw UsageError("{}: {} is outside {}..{}", name, exact(value), exact(low), exact(high));
  }
  void integer(const char* name, int64_t value, const char* help, double low, double high) {
    number(name, static_cast<double>(value), help, low, high);
  }
  void range(const char* name, const std::vector<double>& value, const char* help, double low,
             double high) {
    if (value.size() != 2)
      throw UsageError("{}: expected two numbers, low and high end, found {}", name, value.size());
    for (double end : value) number(name, end, help, low, high);
    if (value[0] > value[1])
      throw UsageError("{}: the low end {} is above the high end {}", name, exact(value[0]),
                       exact(value[1]));
  }
  void choice(const char* name, const std::string& value, const char*,
              const std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), value) == words.end())
      throw UsageError("{}: unknown word '{}'{}", name, value, did_you_mean(value, words));
  }
};

/// The values of one group as text, for comparison with the defaults.
struct Collector {
  KnobGroup wanted, current = KnobGroup::anatomy;
  std::vector<std::string> values = {};
  void group(KnobGroup g) { current = g; }
  void add(const std::string& value) {
    if (current == wanted) values.push_back(value);
  }
  void number(const char*, double value, const char*, double, double) { add(exact(value)); }
  void integer(const char*, int64_t value, const char*, double, double) {
    add(std::to_string(value));
  }
  void range(const char*, const std::vector<double>& value, const char*, double, double) {
    for (double end : value) add(exact(end));
  }
  void choice(const char*, const std::string& value, const char*, const std::vector<std::string>&) {
    add(value);
  }
};

std::vector<std::string> values_of(const Knobs& knobs, KnobGroup group) {
  Collector collector{group};
  visit_knobs(knobs, collector);
  return collector.values;
}

}  // namespace

const char* title_of(KnobGroup group) {
  switch (group) {
    case KnobGroup::anatomy:
      return "Anatomy";
    case KnobGroup::tumor:
      return "Tumor";
    case KnobGroup::tissue:
      return "Tissue and contrast agent";
    case KnobGroup::scanner:
      return "Scanner";
  }
  return "";
}

void check(const Knobs& knobs) {
  Checker checker;
  visit_knobs(knobs, checker);
}

bool at_default(const Knobs& knobs, KnobGroup group) {
  return values_of(knobs, group) == values_of(Knobs{}, group);
}

Grid grid_of_size(const std::string& size) {
  if (size == "tiny") return grid_of({48, 48, 32}, 4);
  if (size == "small") return grid_of({96, 112, 80}, 2);
  if (size == "full") return grid_of({240, 240, 155}, 1);
  throw UsageError("size: unknown word '{}'; known: tiny, small, full", size);
}

Grid grid_of(const std::vector<int64_t>& voxels, double spacing_mm) {
  if (voxels.size() != 3)
    throw UsageError("grid: expected three numbers of voxels, x y z, found {}", voxels.size());
  for (int64_t n : voxels)
    if (n < 16 || n > 512) throw UsageError("grid: {} voxels are outside 16..512", n);
  if (!(spacing_mm >= 0.5 && spacing_mm <= 8))
    throw UsageError("spacing: {} mm is outside 0.5..8", exact(spacing_mm));
  Grid grid;
  grid.size = {voxels[0], voxels[1], voxels[2]};
  grid.spacing_mm = {spacing_mm, spacing_mm, spacing_mm};
  grid.origin_mm = {0, -static_cast<double>(voxels[1] - 1) * spacing_mm, 0};
  return grid;
}

}  // namespace kdseg::phantom
