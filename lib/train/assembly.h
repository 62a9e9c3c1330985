// What a method is built from: networks, recipes and cases put together as the settings say.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/tree.h"
#include "train/loop.h"
#include "train/teacher.h"

namespace kdseg::train {

/// The channels that a stream's images have in memory: its own, then what frozen networks look at
/// besides, then what a network is to make.
/// \throws DataError   a case without one of them
/// \throws UsageError  a channel to be made that the network sees
std::vector<std::string> loaded_channels(const LearningSettings& settings, const StreamCases& cases,
                                         const FrozenNetworks& frozen);

class Assembly {
 public:
  /// `saved`: a run to continue, whose fitted recipes are taken.
  Assembly(const LearningSettings& settings, const Procedure& procedure, TrainingCases& cases,
           const FrozenNetworks& frozen, at::Device device, int threads,
           const std::optional<io::Tree>& saved);

  methods::Method& method() { return *method_; }
  const methods::Setup& setup() const { return setup_; }
  data::CaseStore& validation() { return *validation_; }
  data::CaseStore& training(const std::string& stream);  ///< its training cases
  /// The streams that the method draws from, ready to be drawn from.
  std::vector<Source> sources() const;
  int64_t iterations_per_epoch() const;
  std::map<std::string, std::string> recipes() const;  ///< fitted, by stream
  methods::Shapes input_shapes() const;
  bool minimum_outside() const { return recipes_[cases_.predicted]->minimum_outside(); }

 private:
  void open_recipes(const std::optional<io::Tree>& saved);
  void open_stores();
  void build_networks();
  void build_translation();
  void build_method();
  std::array<int64_t, 3> input_size(size_t stream) const;

  const LearningSettings& s_;
  const Procedure& procedure_;
  const TrainingCases& cases_;
  const FrozenNetworks& frozen_;
  at::Device device_;
  int threads_;
  std::vector<std::unique_ptr<prepare::Recipe>> recipes_;   ///< by stream
  std::vector<std::unique_ptr<data::CaseStore>> training_;  ///< by stream
  std::vector<data::Items> items_;                          ///< by stream
  std::unique_ptr<data::CaseStore> validation_;
  methods::Setup setup_;
  std::unique_ptr<methods::Method> method_;
};

}  // namespace kdseg::train
