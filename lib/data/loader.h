// Batches for the training loop, made by worker threads ahead of the step.
#pragma once
#include <ATen/core/Tensor.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "data/augment/augment.h"
#include "data/case_store.h"
#include "data/items.h"
#include "data/sampler.h"
#include "tensor/types.h"

namespace kdseg::data {

/// A batch in host memory.
struct HostBatch {
  at::Tensor image;  ///< [N, C, D, H, W] float32; slices: [N, C, H, W]
  at::Tensor label;  ///< [N, D, H, W] uint8 class indices; undefined where no sample has any
  at::Tensor share;  ///< [N, K, D, H, W] float32; undefined where no sample has soft labels
  std::vector<int64_t> labelled;      ///< the samples with a label
  std::vector<std::string> cases;     ///< one per sample
  std::vector<std::string> channels;  ///< names of the image's channels
  std::vector<double> weights;        ///< of the samples' labels; empty: 1
};

/// The batch on `device`, labels as int64.
tensor::Batch to_device(const HostBatch& batch, at::Device device);

struct LoaderOptions {
  uint64_t seed = 0;
  std::optional<Augmentation> augment;
  bool mask_augmented = false;   ///< multiply augmented images by the resampled brain mask
  bool minimum_outside = false;  ///< beyond a volume lies each channel's minimum, not 0
  Unit unit = Unit::volume;
  std::vector<int64_t> patch;  ///< x y z voxels (slices: x y); empty: whole volumes or slices
  LabelRule labels = LabelRule::required;
  int64_t workers = 1;  ///< threads; 0 loads within next()
  int64_t first_step = 0, end_step = 0;
  /// The classes of each channel of the network: the shares of hard labels beside soft ones.
  std::vector<std::vector<int>> classes_of;
  std::vector<double> weights;  ///< of the cases' labels, by their number; empty: 1
  bool pinned = false;          ///< page-locked buffers, for copies to a GPU
};

/// Gives the batches of steps [first_step, end_step) in order. What a batch holds depends on seed,
/// stream and step only. Buffers are reused: a batch is valid until the following call of next().
class Loader {
 public:
  /// The sampler draws from the cases, one item each. For slices see the other constructor.
  Loader(CaseStore& cases, Sampler sampler, LoaderOptions options);
  Loader(CaseStore& cases, Items items, Sampler sampler, LoaderOptions options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// \throws what the first failing worker threw, at the step it failed on; DataError for volumes
  ///         that differ in size within a batch, or lack a label
  const HostBatch& next();

 private:
  struct Slot {
    HostBatch batch;
    at::Tensor share;   ///< buffer of batch.share
    int64_t step = -1;  ///< the step whose batch is ready here; -1: none
    std::exception_ptr failure;
  };
  void work();
  void fill(Slot& slot, int64_t step) const;
  /// What sample `element` of the batch takes of its volume.
  Pull pull_of(const Volume& volume, int64_t slice, const Place& place, int64_t element) const;
  void fill_sample(Slot& slot, const Volume& volume, const Pull& pull, int64_t element) const;
  /// Whether hard labels become soft ones between voxels.
  bool interpolates_labels() const {
    return options_.augment && options_.augment->soft_labels && !options_.classes_of.empty();
  }
  void fill_shares(Slot& slot, const Shares& shares, Pull pull, int64_t element) const;
  void add_certain_shares(Slot& slot, const std::vector<int64_t>& hard) const;

  CaseStore& cases_;
  Items items_;
  Sampler sampler_;
  LoaderOptions options_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable slot_freed_, batch_ready_;
  int64_t next_to_make_, next_to_give_, released_;  ///< steps before released_ may be overwritten
  bool closing_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace kdseg::data
