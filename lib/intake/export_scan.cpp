#include "base/errors.h"
#include "image/scan.h"
#include "intake/intake.h"
#include "intake/label_codes.h"
#include "voxels/chain.h"

namespace kdseg::intake {
namespace {

/// Value per channel where the network saw nothing: the background class for certain.
std::vector<float> outside(const io::Prediction& prediction) {
  std::vector<float> fill(prediction.probability->channels.size(), 0.0f);
  if (prediction.head.kind == Head::Kind::softmax && !fill.empty()) fill[0] = 1.0f;
  return fill;
}

/// Restored to the scan's grid; messages name the case.
template <class Work>
auto restored(const io::Prediction& prediction, Work&& work) {
  try {
    return work();
  } catch (const DataError& error) {
    throw DataError("case {}: {}", prediction.case_id, error.what());
  }
}

}  // namespace

void write_label_scan(const std::string& path, const io::Prediction& prediction) {
  const std::vector<int> codes = restored(prediction, [&] {
    const Labels label = voxels::restore(prediction.chain, prediction.label);
    return codes_from_classes("prediction", label.voxels, prediction.classes);
  });
  image::write_codes(path, prediction.chain.source, codes, "kdseg: label codes");
}

void write_probability_scan(const std::string& path, const io::Prediction& prediction) {
  if (!prediction.probability)
    throw DataError("case {}: the prediction holds no probabilities", prediction.case_id);
  const Image image = restored(prediction, [&] {
    return voxels::restore(prediction.chain, *prediction.probability, outside(prediction));
  });
  image::write_channels(path, image, "kdseg: probabilities");
}

void write_uncertainty_scan(const std::string& path, const io::Prediction& prediction) {
  if (!prediction.uncertainty)
    throw DataError("case {}: the prediction holds no uncertainties", prediction.case_id);
  const Image image = restored(prediction, [&] {
    return voxels::restore(prediction.chain, *prediction.uncertainty, {0.0f});
  });
  image::write_channels(path, image, "kdseg: uncertainty 0..100");
}

void write_map_scan(const std::string& path, const io::Prediction& prediction,
                    const std::string& map) {
  const auto found = prediction.maps.find(map);
  if (found == prediction.maps.end())
    throw DataError("case {}: the prediction holds no map {}", prediction.case_id, map);
  const Image image = restored(
      prediction, [&] { return voxels::restore(prediction.chain, found->second, {0.0f}); });
  image::write_channels(path, image, "kdseg: " + map);
}

}  // namespace kdseg::intake
