#include "labeling/annotate.h"

#include <utility>

namespace kdseg::labeling {

Volume annotated(Volume volume, io::Prediction prediction) {
  Case& data = volume.data;
  data.label = std::move(prediction.label);
  data.classes = std::move(prediction.classes);
  data.regions = std::move(prediction.regions);
  data.share.reset();
  if (prediction.probability)
    data.share =
        Shares{std::move(*prediction.probability), prediction.head.kind == Head::Kind::softmax};
  return volume;
}

}  // namespace kdseg::labeling
