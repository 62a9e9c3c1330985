#include "data/loader.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "base/errors.h"
#include "data/augment/patch.h"
#include "data/soft_labels.h"

namespace kdseg::data {
namespace {

/// The least value of each channel.
std::vector<float> minima(const Image& image) {
  const int64_t count = image.grid.voxel_count();
  std::vector<float> least;
  for (size_t c = 0; c < image.channels.size(); ++c)
    least.push_back(*std::min_element(image.channel(c), image.channel(c) + count));
  return least;
}

at::Tensor reused(const at::Tensor& before, at::IntArrayRef shape, at::ScalarType type,
                  bool pinned) {
  if (before.defined() && before.sizes() == shape) return before;
  return at::empty(shape, at::TensorOptions().dtype(type).pinned_memory(pinned));
}

/// What a draw does within a slice: its voxels stay in it.
AffineDraw within_slice(AffineDraw draw) {
  draw.flip[0] = false;
  draw.angle_deg = {draw.angle_deg[0], 0, 0};  // about the array's axis 0, z
  draw.shear = {0, 0, 0};
  draw.scale[0] = 1;
  return draw;
}

}  // namespace

tensor::Batch to_device(const HostBatch& batch, at::Device device) {
  tensor::Batch moved;
  moved.input.image = batch.image.to(device, /*non_blocking=*/true);
  if (batch.label.defined())
    moved.target.classes = batch.label.to(device, /*non_blocking=*/true).to(at::kLong);
  if (batch.share.defined()) moved.target.share = batch.share.to(device, /*non_blocking=*/true);
  moved.cases = batch.cases;
  moved.channels = batch.channels;
  moved.weights = batch.weights;
  if (batch.labelled.size() < batch.cases.size()) moved.labelled = batch.labelled;
  return moved;
}

Loader::Loader(CaseStore& cases, Sampler sampler, LoaderOptions options)
    : Loader(cases, Items::of_cases(cases.size()), std::move(sampler), std::move(options)) {}

Loader::Loader(CaseStore& cases, Items items, Sampler sampler, LoaderOptions options)
    : cases_(cases),
      items_(std::move(items)),
      sampler_(std::move(sampler)),
      options_(std::move(options)),
      slots_(static_cast<size_t>(std::max<int64_t>(1, options_.workers + 1))),
      next_to_make_(options_.first_step),
      next_to_give_(options_.first_step),
      released_(options_.first_step) {
  for (int64_t i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
}

Loader::~Loader() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  slot_freed_.notify_all();
}

const HostBatch& Loader::next() {
  const auto slot_count = static_cast<int64_t>(slots_.size());
  Slot& slot = slots_[static_cast<size_t>(next_to_give_ % slot_count)];
  if (threads_.empty()) {
    fill(slot, next_to_give_++);
    return slot.batch;
  }
  std::unique_lock lock(mutex_);
  released_ = next_to_give_;
  slot_freed_.notify_all();
  batch_ready_.wait(lock, [&] { return slot.step == next_to_give_; });
  if (slot.failure) std::rethrow_exception(slot.failure);
  ++next_to_give_;
  return slot.batch;
}

void Loader::work() {
  const auto slot_count = static_cast<int64_t>(slots_.size());
  for (;;) {
    int64_t step = 0;
    {
      std::unique_lock lock(mutex_);
      slot_freed_.wait(lock, [&] {
        return closing_ || next_to_make_ >= options_.end_step ||
               next_to_make_ < released_ + slot_count;
      });
      if (closing_ || next_to_make_ >= options_.end_step) return;
      step = next_to_make_++;
    }
    Slot& slot = slots_[static_cast<size_t>(step % slot_count)];
    std::exception_ptr failure;
    try {
      fill(slot, step);
    } catch (...) {
      failure = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      slot.step = step;
      slot.failure = failure;
    }
    batch_ready_.notify_all();
  }
}

void Loader::fill(Slot& slot, int64_t step) const {
  const Place place = sampler_.at(step);
  const auto count = static_cast<int64_t>(place.items.size());
  HostBatch& batch = slot.batch;
  batch.cases.clear();
  batch.labelled.clear();
  batch.weights.clear();
  batch.share = at::Tensor();
  std::vector<int64_t> hard;
  for (int64_t i = 0; i < count; ++i) {
    const Items::Item item = items_.at(place.items[static_cast<size_t>(i)]);
    const auto volume = cases_.get(item.index);
    const auto& image = volume->data.image;
    if (!volume->data.label && options_.labels == LabelRule::required)
      throw DataError("case {}: the volume has no label to train on", volume->data.id);
    const Pull pull = pull_of(*volume, item.slice, place, i);
    const auto& size = pull.part.size;
    const auto channels = static_cast<int64_t>(image.channels.size());
    std::vector<int64_t> shape{count, channels, size[2], size[1], size[0]};
    std::vector<int64_t> label_shape{count, size[2], size[1], size[0]};
    if (options_.unit == Unit::slice) {
      shape.erase(shape.begin() + 2);
      label_shape.erase(label_shape.begin() + 1);
    }
    if (i == 0) {
      batch.image = reused(batch.image, shape, at::kFloat, options_.pinned);
      batch.channels = image.channels;
    } else if (batch.image.sizes() != at::IntArrayRef(shape)) {
      throw DataError(
          "case {}: {} with {} channels, the batch begun by case {} differs; give the recipe one "
          "size, or set --batch 1 or --patch",
          volume->data.id, describe(image.grid), channels, batch.cases.front());
    }
    batch.cases.push_back(volume->data.id);
    if (!options_.weights.empty())
      batch.weights.push_back(options_.weights[static_cast<size_t>(item.index)]);
    if (volume->data.label && options_.labels != LabelRule::none) {
      batch.label = reused(batch.label, label_shape, at::kByte, options_.pinned);
      batch.labelled.push_back(i);
      if (!volume->data.share && !interpolates_labels()) hard.push_back(i);
    }
    fill_sample(slot, *volume, pull, i);
    if (options_.augment && options_.augment->intensity.any())
      vary_intensities(
          options_.augment->intensity,
          [&](const std::string& operation) {
            return sample_stream("augment/" + operation, options_.seed, place, sampler_, i);
          },
          options_.minimum_outside, channels, size[0] * size[1] * size[2],
          batch.image[i].mutable_data_ptr<float>());
  }
  if (batch.labelled.empty()) batch.label = at::Tensor();
  if (batch.share.defined()) add_certain_shares(slot, hard);
}

Pull Loader::pull_of(const Volume& volume, int64_t slice, const Place& place,
                     int64_t element) const {
  const Image& image = volume.data.image;
  const bool slices = options_.unit == Unit::slice;
  Pull pull;
  pull.part = whole(image.grid.size);
  if (slices) {
    pull.part.begin[2] = slice;
    pull.part.size[2] = 1;
  }
  if (options_.minimum_outside) pull.outside = minima(image);
  const auto& vary = options_.augment;
  const auto draws = [&](const std::string& purpose) {
    return sample_stream(purpose, options_.seed, place, sampler_, element);
  };
  if (!options_.patch.empty()) {
    Random random = draws("patch");
    if (vary && vary->near_label)
      place_near_label(options_.patch, volume.data, vary->patch_margin, pull.part, random);
    else
      place_anywhere(options_.patch, pull.part, random);
  }
  if (!vary) return pull;
  Random random = augment_stream(*vary, options_.seed, place, sampler_, element);
  const AffineDraw draw = draw_affine(*vary, random);
  pull.matrix = pull_matrix(slices ? within_slice(draw) : draw);
  pull.about_part = vary->about_patch;
  pull.displacement = draw_displacement(vary->elastic, draws("augment/elastic"), pull.part.size);
  return pull;
}

void Loader::fill_sample(Slot& slot, const Volume& volume, const Pull& pull,
                         int64_t element) const {
  const Image& image = volume.data.image;
  const auto channels = static_cast<int64_t>(image.channels.size());
  const at::Tensor images = slot.batch.image[element];
  float* out = images.data_ptr<float>();
  pull_linear(image.voxels.data(), channels, image.grid.size, pull, out);
  if (!slot.batch.labelled.empty() && slot.batch.labelled.back() == element) {
    const at::Tensor labels = slot.batch.label[element];
    pull_nearest(volume.data.label->voxels.data(), image.grid.size, pull,
                 labels.data_ptr<uint8_t>());
    if (volume.data.share)
      fill_shares(slot, *volume.data.share, pull, element);
    else if (interpolates_labels())
      fill_shares(slot, shares_of_classes(*volume.data.label, options_.classes_of), pull, element);
  }
  if (!options_.augment || !options_.mask_augmented || !volume.data.brain) return;
  const int64_t voxels = pull.part.size[0] * pull.part.size[1] * pull.part.size[2];
  std::vector<uint8_t> mask(static_cast<size_t>(voxels));
  pull_nearest(volume.data.brain->voxels.data(), image.grid.size, pull, mask.data());
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t v = 0; v < voxels; ++v)
      if (!mask[static_cast<size_t>(v)]) out[c * voxels + v] = 0;
}

void Loader::fill_shares(Slot& slot, const Shares& shares, Pull pull, int64_t element) const {
  const auto channels = static_cast<int64_t>(shares.image.channels.size());
  HostBatch& batch = slot.batch;
  if (!batch.share.defined()) {
    auto shape = batch.image.sizes().vec();
    shape[1] = channels;
    slot.share = batch.share = reused(slot.share, shape, at::kFloat, options_.pinned);
  }
  pull.outside = shares.outside();
  float* out = batch.share[element].mutable_data_ptr<float>();
  pull_linear(shares.image.voxels.data(), channels, shares.image.grid.size, pull, out);
  const auto& size = pull.part.size;
  if (shares.exclusive) renormalize(out, channels, size[0] * size[1] * size[2]);
}

void Loader::add_certain_shares(Slot& slot, const std::vector<int64_t>& hard) const {
  for (const int64_t i : hard) {
    const at::Tensor labels = slot.batch.label[i];
    certain_shares(labels.const_data_ptr<uint8_t>(), labels.numel(), options_.classes_of,
                   slot.batch.share[i].mutable_data_ptr<float>());
  }
}

}  // namespace kdseg::data
