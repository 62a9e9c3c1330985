#include "infer/member.h"

#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "base/names.h"
#include "base/text.h"
#include "prepare/placed_case.h"
#include "voxels/chain.h"

namespace kdseg::infer {
namespace {

std::optional<prepare::Recipe> recipe_of(const Contract& contract, const std::string& name) {
  if (contract.recipe_ini.empty()) return std::nullopt;
  try {
    return prepare::Recipe::from_text(contract.recipe_ini);
  } catch (const UsageError& e) {
    throw DataError("{}: its recipe cannot be used: {}", name, e.what());
  }
}

/// The case's images alone, without label and mask.
Volume select_channels(const Volume& volume, const std::vector<std::string>& channels) {
  Volume chosen;
  chosen.data.id = volume.data.id;
  chosen.data.stratum = volume.data.stratum;
  chosen.data.image = prepare::select_channels(volume, channels);
  chosen.chain = volume.chain;
  chosen.recipe_id = volume.recipe_id;
  chosen.recipe_ini = volume.recipe_ini;
  return chosen;
}

/// All `channels`, those that `few` lacks as images of 0.
Image with_empty_channels(const Image& few, const std::vector<std::string>& channels) {
  Image all{few.grid, channels, {}};
  const auto count = static_cast<size_t>(few.grid.voxel_count());
  for (const auto& name : channels) {
    const auto at = std::find(few.channels.begin(), few.channels.end(), name);
    if (at == few.channels.end()) {
      all.voxels.insert(all.voxels.end(), count, 0.0f);
      continue;
    }
    const float* voxels = few.channel(static_cast<size_t>(at - few.channels.begin()));
    all.voxels.insert(all.voxels.end(), voxels, voxels + count);
  }
  return all;
}

/// "WT=1+2+4,ET=4": a head's regions with their codes; of classes names, then codes.
std::string channels_of(const Head& head) {
  if (head.kind != Head::Kind::sigmoid)
    return fmt::format("{} (codes {})", join(head.names, ","), fmt::join(head.codes, ","));
  std::vector<std::string> regions;
  for (size_t k = 0; k < head.names.size(); ++k) {
    std::vector<int> codes;
    for (const int c : head.classes_of[k]) codes.push_back(head.codes[static_cast<size_t>(c)]);
    regions.push_back(fmt::format("{}={}", head.names[k], fmt::join(codes, "+")));
  }
  return fmt::format("regions {}", join(regions, ","));
}

}  // namespace

Member::Member(models::Model model, std::string name)
    : model_(std::move(model)),
      name_(std::move(name)),
      recipe_(recipe_of(model_.contract, name_)) {}

/// Channels of the network that are used: all that the volume has, or those chosen.
std::vector<std::string> Member::used_channels(const Volume& volume,
                                               const std::vector<std::string>& available) const {
  const auto& found = volume.data.image.channels;
  std::vector<std::string> used, missing;
  for (const auto& channel : contract().channels) {
    if (!available.empty() && !holds(available, channel)) continue;
    (holds(found, channel) ? used : missing).push_back(channel);
  }
  if (used.empty() || (!available.empty() && !missing.empty()))
    throw DataError("case {}: channels ({}), {} expects {} of {}", volume.data.id, join(found, ","),
                    name_, available.empty() ? "at least one" : join(available, ","),
                    join(contract().channels, ","));
  if (!missing.empty())
    log::warning("case {}: no {}; {} predicts from {}", volume.data.id, join(missing, ","), name_,
                 join(used, ","));
  return used;
}

Volume Member::with_channels(const Volume& volume, const std::vector<std::string>& channels) const {
  const auto& found = volume.data.image.channels;
  for (const auto& channel : channels)
    if (!holds(found, channel))
      throw DataError("case {}: {} channels ({}), {} expects {} ({})", volume.data.id, found.size(),
                      join(found, ","), name_, channels.size(), join(channels, ","));
  const auto& expected = contract().recipe_id;
  const bool source = volume.recipe_id == "source" && recipe_;
  if (!source && volume.recipe_id != expected)
    throw DataError("case {}: prepared by recipe {}, {} expects {}recipe {}", volume.data.id,
                    volume.recipe_id, name_, recipe_ ? "source volumes or " : "", expected);
  if (volume.recipe_id == expected) return select_channels(volume, channels);
  return recipe_->apply(volume, channels);
}

Volume Member::prepared(const Volume& volume) const {
  return with_channels(volume, contract().channels);
}

Prepared Member::prepared(const Volume& volume, const std::vector<std::string>& available) const {
  const auto& channels = contract().channels;
  if (!network().takes_subsets()) {
    if (!available.empty())
      throw UsageError("--available: the network of {}, {}, needs all of its channels", name_,
                       model_.section.name);
    return {prepared(volume), {}};
  }
  const auto used = used_channels(volume, available);
  if (used == channels && available.empty()) return {prepared(volume), {}};
  std::vector<std::string> kept;  // also what only the recipe looks at
  for (const auto& channel : volume.data.image.channels)
    if (available.empty() || holds(available, channel)) kept.push_back(channel);
  Prepared made{with_channels(select_channels(volume, kept), used), {}};
  made.volume.data.image = with_empty_channels(made.volume.data.image, channels);
  std::vector<float> present;
  for (const auto& channel : channels) present.push_back(holds(used, channel) ? 1.0f : 0.0f);
  made.present = at::tensor(present).unsqueeze(0);
  return made;
}

Image Member::restored(const at::Tensor& maps, std::vector<std::string> names,
                       const std::vector<float>& outside, const Volume& prepared,
                       const Volume& volume) const {
  const at::Tensor values = maps.to(at::kCPU).contiguous();
  if (!at::isfinite(values).all().item<bool>())
    throw RunError("case {}: {} gives values that are not finite", volume.data.id, name_);
  Image image{prepared.data.image.grid, std::move(names), {}};
  const float* first = values.const_data_ptr<float>();
  image.voxels.assign(first, first + values.numel());
  return voxels::restore(prepared.chain, image, outside, volume.chain.steps.size());
}

void Member::require_segmentation() const {
  if (contract().head.kind == Head::Kind::image)
    throw DataError("{} makes channels ({}), expected a network that segments", name_,
                    join(contract().head.names, ","));
}

void MeanOfMembers::add(Image one) {
  if (count_++ == 0)
    sum_ = std::move(one);
  else
    for (size_t i = 0; i < sum_.voxels.size(); ++i) sum_.voxels[i] += one.voxels[i];
}

Image MeanOfMembers::take() {
  if (count_ > 1)
    for (float& value : sum_.voxels) value /= static_cast<float>(count_);
  return std::move(sum_);
}

void require_alike(const std::vector<Member>& members) {
  const Head& first = members.front().contract().head;
  for (const auto& member : members) {
    const Head& head = member.contract().head;
    if (!(head == first))
      throw DataError("{} gives {}, {} gives {}; expected the same classes", members.front().name(),
                      channels_of(first), member.name(), channels_of(head));
  }
}

}  // namespace kdseg::infer
