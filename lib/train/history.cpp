#include "train/history.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "io/table.h"

namespace kdseg::train {

double MovingAverage::update(double score) {
  constexpr double decay = 0.95;
  raw = decay * raw + (1 - decay) * score;
  return raw / (1 - std::pow(decay, static_cast<double>(++count)));
}

void History::add(const Row& row) {
  for (const auto& [name, value] : row)
    if (std::find(columns_.begin(), columns_.end(), name) == columns_.end()) {
      columns_.push_back(name);
      for (auto& older : rows_) older.emplace_back();
    }
  std::vector<std::string> cells(columns_.size());
  for (const auto& [name, value] : row)
    cells[static_cast<size_t>(std::find(columns_.begin(), columns_.end(), name) -
                              columns_.begin())] = value;
  rows_.push_back(std::move(cells));
}

void History::write(const std::string& path) const {
  io::Table table;
  table.columns = columns_;
  table.rows = rows_;
  table.file = path;
  io::write_table(path, table, /*force=*/true);
}

std::string History::to_text() const {
  std::string text = join(columns_, "\t");
  for (const auto& row : rows_) text.append(1, '\n').append(join(row, "\t"));
  return text;
}

History History::from_text(const std::string& text) {
  History history;
  if (text.empty()) return history;
  const auto lines = split(text, '\n');
  history.columns_ = split(lines.front(), '\t');
  for (size_t i = 1; i < lines.size(); ++i) history.rows_.push_back(split(lines[i], '\t'));
  return history;
}

}  // namespace kdseg::train
