#include "tensor/types.h"

#include <algorithm>
#include <stdexcept>

#include "base/text.h"

namespace kdseg::tensor {
namespace {

auto find(const std::vector<std::pair<std::string, at::Tensor>>& items, std::string_view name) {
  return std::find_if(items.begin(), items.end(),
                      [&](const auto& item) { return item.first == name; });
}

}  // namespace

bool Bag::has(std::string_view name) const { return find(items, name) != items.end(); }

const at::Tensor& Bag::get(std::string_view name) const {
  const auto found = find(items, name);
  if (found != items.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.first);
  throw std::out_of_range("no tensor '" + std::string(name) + "'; there are: " + join(names));
}

void Bag::set(std::string name, at::Tensor value) {
  for (auto& item : items)
    if (item.first == name) {
      item.second = std::move(value);
      return;
    }
  items.emplace_back(std::move(name), std::move(value));
}

}  // namespace kdseg::tensor
