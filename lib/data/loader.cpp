#include "data/loader.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "base/errors.h"

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

/// A random position of the patch inside the volume; centered where the volume is smaller.
Box draw_patch(const std::vector<int64_t>& patch, const std::array<int64_t, 3>& size,
               Random& random) {
  Box box;
  for (size_t a = 0; a < 3; ++a) {
    const int64_t room = size[a] - patch[a];
    box.size[a] = patch[a];
    box.begin[a] = room >= 0 ? static_cast<int64_t>(random.below(static_cast<uint64_t>(room + 1)))
                             : -((-room) / 2);
  }
  return box;
}

}  // namespace

tensor::Batch to_device(const HostBatch& batch, at::Device device) {
  tensor::Batch moved;
  moved.input.image = batch.image.to(device, /*non_blocking=*/true);
  moved.target.classes = batch.label.to(device, /*non_blocking=*/true).to(at::kLong);
  moved.cases = batch.cases;
  return moved;
}

Loader::Loader(CaseStore& cases, Sampler sampler, LoaderOptions options)
    : cases_(cases),
      sampler_(sampler),
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
  const auto count = static_cast<int64_t>(place.cases.size());
  slot.batch.cases.clear();
  for (int64_t i = 0; i < count; ++i) {
    const auto volume = cases_.get(place.cases[static_cast<size_t>(i)]);
    const auto& image = volume->data.image;
    if (!volume->data.label)
      throw DataError("case {}: the volume has no label to train on", volume->data.id);
    std::array<int64_t, 3> size = image.grid.size;
    if (!options_.patch.empty()) std::copy_n(options_.patch.begin(), 3, size.begin());
    const auto channels = static_cast<int64_t>(image.channels.size());
    const std::vector<int64_t> shape{count, channels, size[2], size[1], size[0]};
    if (i == 0) {
      slot.batch.image = reused(slot.batch.image, shape, at::kFloat, options_.pinned);
      slot.batch.label =
          reused(slot.batch.label, {count, size[2], size[1], size[0]}, at::kByte, options_.pinned);
    } else if (slot.batch.image.sizes() != at::IntArrayRef(shape)) {
      throw DataError(
          "case {}: {} with {} channels, the batch begun by case {} differs; give the recipe one "
          "size, or set --batch 1 or --patch",
          volume->data.id, describe(image.grid), channels, slot.batch.cases.front());
    }
    slot.batch.cases.push_back(volume->data.id);
    fill_sample(slot, *volume, place, i);
  }
}

void Loader::fill_sample(Slot& slot, const Volume& volume, const Place& place,
                         int64_t element) const {
  const Image& image = volume.data.image;
  Pull pull;
  pull.part = whole(image.grid.size);
  if (options_.minimum_outside) pull.outside = minima(image);
  if (!options_.patch.empty()) {
    const int64_t position = place.batch_number * sampler_.batch() + element;
    Random random(options_.seed,
                  (static_cast<uint64_t>(place.epoch) << 32) | static_cast<uint64_t>(position),
                  "patch");
    pull.part = draw_patch(options_.patch, image.grid.size, random);
  }
  if (options_.augment) {
    Random random = augment_stream(*options_.augment, options_.seed, place.epoch,
                                   place.batch_number, sampler_.batch(), element);
    pull.matrix = pull_matrix(draw_affine(*options_.augment, random));
  }
  const at::Tensor images = slot.batch.image[element], labels = slot.batch.label[element];
  float* out = images.data_ptr<float>();
  const auto channels = static_cast<int64_t>(image.channels.size());
  pull_linear(image.voxels.data(), channels, image.grid.size, pull, out);
  pull_nearest(volume.data.label->voxels.data(), image.grid.size, pull, labels.data_ptr<uint8_t>());
  if (!options_.augment || !options_.mask_augmented || !volume.data.brain) return;
  const int64_t voxels = pull.part.size[0] * pull.part.size[1] * pull.part.size[2];
  std::vector<uint8_t> mask(static_cast<size_t>(voxels));
  pull_nearest(volume.data.brain->voxels.data(), image.grid.size, pull, mask.data());
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t v = 0; v < voxels; ++v)
      if (!mask[static_cast<size_t>(v)]) out[c * voxels + v] = 0;
}

}  // namespace kdseg::data
