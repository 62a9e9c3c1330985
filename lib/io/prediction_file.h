// Predictions: <case>.h5 with /label, optional /probability, /uncertainty and further maps.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/contract.h"
#include "base/provenance.h"
#include "base/volume.h"

namespace kdseg::io {

/// A network's (or several networks') answer for one case, on the grid of the case's source volume.
struct Prediction {
  std::string case_id;
  Chain chain;   ///< from the scan's own grid to the grid of these arrays
  Labels label;  ///< class indices of `classes`
  ClassTable classes;
  std::vector<Region> regions;
  Head head;                                ///< meaning of the probability channels
  std::optional<Image> probability;         ///< [K,z,y,x], channels named as head.names
  std::optional<Image> uncertainty;         ///< [R,z,y,x] in 0..100, named by region
  std::map<std::string, Image> maps;        ///< further f32 maps by name, stored as /maps/<name>
  std::vector<std::string> checkpoint_ids;  ///< content_sha256 of each network's checkpoint
  std::vector<std::string> networks;        ///< their names there, "" for none; empty: none at all
};

struct PredictionWriteOptions {
  bool force = false;
  bool half = true;  ///< probability as float16
};

std::string write_prediction(const std::string& path, const Prediction& prediction,
                             const Provenance& provenance,
                             const PredictionWriteOptions& options = {});
/// `with_probability` false leaves out /probability and the further maps.
Prediction read_prediction(const std::string& path, bool with_probability = true);

}  // namespace kdseg::io
