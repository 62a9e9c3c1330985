#include "labeling/networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/errors.h"
#include "base/text.h"
#include "infer/memory.h"
#include "infer/sliding_window.h"
#include "io/tree.h"
#include "models/checkpoint.h"
#include "models/layers/convolution.h"
#include "models/work.h"

namespace kdseg::labeling {
namespace {

/// The window of the settings in place of the network's own; whole slices become windows of them.
void lay_windows(const LabelSettings& s, const std::string& name, models::Model& model) {
  auto& tiling = model.contract.tiling;
  if (!s.window.empty()) {
    if (tiling.kind != Tiling::Kind::slices) tiling.kind = Tiling::Kind::window;
    std::copy_n(s.window.begin(), 3, tiling.size.begin());
    tiling.overlap = s.overlap;
  }
  try {
    infer::check_tiling(tiling, model.network->size_multiple(), model.network->minimum_size());
  } catch (const UsageError& error) {
    if (s.window.empty()) throw DataError("{}: {}", name, error.what());
    throw UsageError("--window: {}: {}", name, error.what());
  }
}

/// The volume that recipe and windows leave of a case: 128 cubed where cases differ in size.
std::array<int64_t, 3> usual_size(const infer::Member& member) {
  const auto size = member.recipe() ? member.recipe()->prepared_size() : std::nullopt;
  return size.value_or(std::array<int64_t, 3>{128, 128, 128});
}

std::string thousands(int64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

}  // namespace

Networks load_networks(const LabelSettings& s, at::Device device) {
  Networks networks;
  for (const auto& path : s.models) {
    auto candidate = models::load_candidate(path, s.network, device);
    const auto id = io::stored_content_sha256(path);
    const auto file = std::filesystem::path(path).filename().string();
    for (auto& [member, model] : candidate.members) {
      const bool named = !candidate.name.empty();
      const std::string name = named ? fmt::format("{}: {}", file, member) : file;
      lay_windows(s, name, model);
      networks.members.emplace_back(std::move(model), name);
      networks.file_ids.push_back(id);
      networks.names.push_back(named ? member : std::string());
    }
  }
  return networks;
}

bool make_channels(const Networks& networks) {
  return !networks.members.empty() &&
         networks.members.front().contract().head.kind == Head::Kind::image;
}

std::vector<std::string> useful_channels(const Networks& networks) {
  std::set<std::string> names;
  for (const auto& member : networks.members) {
    const auto& channels = member.contract().channels;
    names.insert(channels.begin(), channels.end());
    if (!member.recipe()) continue;
    const auto mask = member.recipe()->mask_channels();
    names.insert(mask.begin(), mask.end());
  }
  return {names.begin(), names.end()};
}

std::string describe_networks(const Networks& networks, at::Device device) {
  constexpr double gib = 1024.0 * 1024 * 1024;
  std::string text;
  const auto line = [&text](const char* title, const std::string& value) {
    text += fmt::format("{:<12} {}\n", title, value);
  };
  for (const auto& member : networks.members) {
    auto& network = member.network();
    const auto& contract = member.contract();
    const auto shape =
        infer::part_shape(network, contract.tiling, static_cast<int64_t>(contract.channels.size()),
                          usual_size(member));
    const bool slices = contract.tiling.kind == Tiling::Kind::slices;
    const std::array<int64_t, 3> size{shape.back(), shape[shape.size() - 2], slices ? 1 : shape[2]};
    line("model", member.name());
    line("network", fmt::format("{}, {} parameters", member.model().section.name,
                                thousands(models::parameter_count(network.module()))));
    line("channels", join(contract.channels, ","));
    line(contract.head.kind == Head::Kind::image ? "makes" : "classes",
         join(contract.head.names, ","));
    line("recipe", contract.recipe_id);
    line("input", fmt::format("{} x {} x {} voxels, {}", size[0], size[1], size[2],
                              slices                                         ? "slices"
                              : contract.tiling.kind == Tiling::Kind::window ? "windows"
                                                                             : "whole volume"));
    const auto channels = static_cast<int64_t>(contract.channels.size());
    line("work", fmt::format("{:.1f} GMAC per pass",
                             1e-9 * static_cast<double>(models::macs_of(network, channels, size))));
    line("memory", fmt::format("about {:.2f} GiB per pass",
                               infer::forward_peak_bytes(network, shape, device) / gib));
  }
  return text;
}

}  // namespace kdseg::labeling
