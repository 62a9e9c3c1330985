// The run's table: one row per epoch, kept with the state and rewritten whole.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kdseg::train {

/// Exponential moving average of a score, corrected for its start at 0: read off a noisy curve, it
/// decides nothing. Source: official code of HAD-Net, Vadacchino et al. 2021, decay 0.95.
struct MovingAverage {
  double raw = 0;
  int64_t count = 0;
  double update(double score);  ///< the average with this score, corrected
};

class History {
 public:
  using Row = std::vector<std::pair<std::string, std::string>>;  ///< column, value

  /// Columns that no row had before are appended; older rows are empty there.
  void add(const Row& row);
  /// CSV, atomic, over what is there.
  void write(const std::string& path) const;

  std::string to_text() const;  ///< one line per row, header first, tab-separated
  static History from_text(const std::string& text);

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace kdseg::train
