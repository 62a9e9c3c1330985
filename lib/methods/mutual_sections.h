// What the procedure mutual is told: who learns from which labels and from whom.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "methods/setup.h"

namespace kdseg::methods {

/// Keys of [supervise.NAME], [distil.NAME], [average.NAME], [candidate.NAME].
std::span<const Parameter> supervise_parameters();
std::span<const Parameter> distil_parameters();
std::span<const Parameter> average_parameters();
std::span<const Parameter> candidate_parameters();

/// One reason for a network to move.
struct Lesson {
  std::string name, network;
  std::string stream;   ///< or several that are joined, see parts_of()
  std::string teacher;  ///< empty: from labels
  double weight = 1;
  double shapes = 0;  ///< weight of its loss in that of the generator that made its images
  std::vector<Section> terms;
};

/// What "a+t" joins: the samples of both in one batch; a stream alone is itself.
std::vector<std::string> parts_of(const std::string& stream);

/// Images of one stream translated into those of another: "a>t".
std::string translated_stream(const std::string& from, const std::string& to);
/// The generator that does so: "a-to-t".
std::string generator_name(const std::string& from, const std::string& to);

struct Average {
  std::string name, of;
  double decay = 0.99;
};

struct Choice {
  std::string name;
  std::vector<std::string> members;
  bool chosen = false;
};

struct MutualPlan {
  std::vector<Lesson> lessons;
  std::vector<Average> averages;
  std::vector<Choice> candidates;  ///< every member alone where the settings name none
};

/// The sections of a setup, read and held against each other.
/// \throws UsageError  a network, stream or term that there is not (nearest named), a network that
///                     nothing trains, a lesson without a term, two of one name, channels that do
///                     not fit
MutualPlan plan_of(const Setup& setup);

}  // namespace kdseg::methods
