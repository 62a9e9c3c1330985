// Histogram standardization: every scan's intensities brought onto one scale by landmarks.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/volume.h"

namespace kdseg::prepare {

/// Intensities at the percentiles 0.1, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90 and 99.9 %.
/// Source: Nyul, Udupa & Zhang 2000; the percentiles are those of the official code of U-HVED.
using Landmarks = std::array<double, 13>;
using LandmarkTable = std::map<std::string, Landmarks>;  ///< by channel

/// The landmarks of BraTS 2018 that Dorent et al. 2019 (U-HVED, arXiv:1907.11150) published with
/// their code, for the channels t1, t1ce, t2 and flair.
const LandmarkTable& published_landmarks();

/// `t1 0 29.5 ... 100 flair 0 ...`: a channel, then its 13 values, and so on.
/// \throws UsageError  anything else, values that fall, a channel twice
LandmarkTable parse_landmarks(const std::string& text);
std::string landmarks_text(const LandmarkTable& table);

/// Where the scan is brighter than its mean, grown by two voxels across faces, holes filled.
std::vector<uint8_t> foreground(const std::array<int64_t, 3>& size, std::span<const float> values);

/// The intensities at the 13 percentiles of the voxels in the mask, linear between neighbors in
/// rank (numpy.percentile); nullopt for an empty mask.
std::optional<Landmarks> percentiles(std::span<const float> values, std::span<const uint8_t> mask);

/// What an image says about its channel's landmarks: its percentiles, moved and scaled so that the
/// first becomes 0 and the last 100. The landmarks of a cohort are their mean over its images.
/// The first and the last value must differ.
Landmarks on_common_scale(const Landmarks& measured);

/// Maps every value by the piecewise linear function that takes `measured` to `wanted`; the first
/// and last pieces go on beyond their ends. 25 and 75 % carry no piece of their own (official code
/// of U-HVED). Where neighboring measured values are equal their piece is constant.
void standardize(std::span<float> values, const Landmarks& measured, const Landmarks& wanted);

}  // namespace kdseg::prepare
