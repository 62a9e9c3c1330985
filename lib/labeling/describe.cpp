#include "labeling/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "infer/memory.h"
#include "infer/tiling.h"
#include "models/layers/convolution.h"
#include "models/work.h"
#include "prepare/recipe.h"

namespace kdseg::labeling {
namespace {

/// The volume one pass sees: a window, or the size to which the recipe brings every case.
std::array<int64_t, 3> input_size(const models::Model& model) {
  std::array<int64_t, 3> size{128, 128, 128};
  const auto& contract = model.contract;
  if (contract.tiling.kind == Tiling::Kind::window) {
    size = contract.tiling.size;
  } else if (!contract.recipe_ini.empty()) {
    for (const auto& s : prepare::parse_recipe(contract.recipe_ini, "recipe").settings) {
      const auto sides = split_list(s.value);
      if (s.key != "size" || sides.size() != 3) continue;
      for (size_t a = 0; a < 3; ++a) size[a] = parse_integer(sides[a]).value_or(size[a]);
    }
  }
  for (auto& side : size)
    side =
        infer::padded_length(side, model.network->size_multiple(), model.network->minimum_size());
  return size;
}

std::string thousands(int64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

}  // namespace

std::string describe_models(const std::vector<models::Model>& models,
                            const std::vector<std::string>& names, at::Device device) {
  constexpr double gib = 1024.0 * 1024 * 1024;
  static const char* const tilings[]{"whole volume", "windows", "boxes", "slices"};
  std::string text;
  const auto line = [&text](const char* title, const std::string& value) {
    text += fmt::format("{:<12} {}\n", title, value);
  };
  for (size_t m = 0; m < models.size(); ++m) {
    auto& network = *models[m].network;
    const auto& contract = models[m].contract;
    const auto size = input_size(models[m]);
    const auto channels = static_cast<int64_t>(contract.channels.size());
    line("model", std::filesystem::path(names[m]).filename().string());
    line("network", fmt::format("{}, {} parameters", models[m].section.name,
                                thousands(models::parameter_count(network.module()))));
    line("channels", join(contract.channels, ","));
    line(contract.head.kind == Head::Kind::image ? "makes" : "classes",
         join(contract.head.names, ","));
    line("recipe", contract.recipe_id);
    line("input", fmt::format("{} x {} x {} voxels, {}", size[0], size[1], size[2],
                              tilings[static_cast<int>(contract.tiling.kind)]));
    line("work", fmt::format("{:.1f} GMAC per pass",
                             1e-9 * static_cast<double>(models::macs_of(network, channels, size))));
    line("memory", fmt::format("about {:.2f} GiB per pass",
                               infer::forward_peak_bytes(network, channels, size, device) / gib));
  }
  return text;
}

}  // namespace kdseg::labeling
