// What a network's output channels mean: from logits to probabilities to class indices.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "base/contract.h"
#include "base/volume.h"

namespace kdseg::infer {

/// Softmax or sigmoid by head; an image head's channels as they are.
at::Tensor probabilities_from(const at::Tensor& logits, const Head& head);

/// Class indices [N, (D,) H, W] int64 decoded from probabilities [N, K, (D,) H, W]. softmax:
/// argmax. sigmoid: a region counts where its probability is above 0.5, strictly; smaller regions
/// overrule larger ones, the likelier overrules among equally large ones. A voxel of a region gets
/// the class that none of the smaller regions within it has (TC without ET is NCR); 0 outside all
/// regions.
at::Tensor decode(const at::Tensor& probability, const Head& head);

/// Class indices of probabilities on their grid.
Labels decoded(const Image& probability, const Head& head);

/// Background for certain: the probabilities of voxels that were cut away.
std::vector<float> certain_background(const Head& head);

/// Class names and codes of a head; a sigmoid head names regions, so classes take the names of
/// `known` where its codes are the head's, else "code N".
ClassTable classes_of(const Head& head, const ClassTable& known);

/// The image's voxels as [1, C, D, H, W], not copied.
at::Tensor as_tensor(const Image& image);

}  // namespace kdseg::infer
