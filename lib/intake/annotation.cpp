#include "intake/annotation.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "image/scan.h"
#include "intake/label_codes.h"
#include "io/share_arrays.h"
#include "voxels/chain.h"

namespace kdseg::intake {
namespace {

constexpr double half_rounding = 0x1p-12;  // of float16 near 1

void require_place(const std::string& path, const Grid& found, const Grid& scan) {
  if (same_grid(found, scan)) return;
  const auto place = [](const Grid& g) {
    return fmt::format("{}, origin ({:g}, {:g}, {:g})", describe(g), g.origin_mm[0], g.origin_mm[1],
                       g.origin_mm[2]);
  };
  const bool turned = found.size == scan.size && found.spacing_mm == scan.spacing_mm &&
                      found.origin_mm == scan.origin_mm;
  throw DataError("{}: lies on {}, the scan on {}{}; expected the scan's own grid", path,
                  place(found), place(scan), turned ? " in another direction" : "");
}

/// All classes in another order are brought into theirs.
void put_in_order(Shares& shares, const ClassTable& classes) {
  Image& image = shares.image;
  if (image.channels == classes.names ||
      !std::is_permutation(image.channels.begin(), image.channels.end(), classes.names.begin(),
                           classes.names.end()))
    return;
  Image sorted{image.grid, classes.names, {}};
  const auto count = static_cast<size_t>(image.grid.voxel_count());
  for (const auto& name : classes.names) {
    const auto at = std::find(image.channels.begin(), image.channels.end(), name);
    const float* values = image.channel(static_cast<size_t>(at - image.channels.begin()));
    sorted.voxels.insert(sorted.voxels.end(), values, values + count);
  }
  image = std::move(sorted);
}

void finish_shares(Annotation& made, Shares shares, double rounding, const std::string& path,
                   const Grid& scan) {
  shares.image.grid = scan;
  put_in_order(shares, made.classes);
  io::check_share_channels(shares, made.classes, made.regions, path);
  io::check_share_values(shares, rounding, path);
  made.share = std::move(shares);
}

/// The scan's class indices, where they lie on its grid.
Labels label_from_scan(const std::string& path, const LabelMeaning& meaning, const Grid& scan,
                       std::vector<std::string>& notes) {
  const image::Scan read = image::read_scan(path);
  require_place(path, read.image.grid, scan);
  return {scan, classes_from_codes(path, read.image.voxels, meaning, notes)};
}

/// A prediction's label brought to the scan and, by its codes, to the classes that are meant.
Labels label_from_prediction(const io::Prediction& prediction, const std::string& path,
                             const LabelMeaning& meaning, const Grid& scan,
                             std::vector<std::string>& notes) {
  const Labels whole = voxels::restore(prediction.chain, prediction.label);
  if (prediction.classes == meaning.classes) return {scan, whole.voxels};
  const auto codes = codes_from_classes(path, whole.voxels, prediction.classes);
  return {scan, classes_from_codes(path, {codes.begin(), codes.end()}, meaning, notes)};
}

void shares_from_prediction(Annotation& made, const io::Prediction& prediction,
                            const std::string& path, const Grid& scan) {
  if (!prediction.probability)
    throw DataError("{}: holds no probabilities; expected those of ensemble-label --probability",
                    path);
  const Head& head = prediction.head;
  Shares shares{*prediction.probability, head.kind == Head::Kind::softmax};
  for (size_t k = 0; shares.exclusive && k < head.names.size(); ++k) {
    const auto at = std::find(made.classes.names.begin(), made.classes.names.end(), head.names[k]);
    if (at == made.classes.names.end()) break;  // the names are refused below
    const int code = made.classes.codes[static_cast<size_t>(at - made.classes.names.begin())];
    if (k >= head.codes.size() || code != head.codes[k])
      throw DataError("{}: class {} has code {}, expected {}", path, head.names[k],
                      k < head.codes.size() ? std::to_string(head.codes[k]) : "none", code);
  }
  shares.image = voxels::restore(prediction.chain, shares.image, shares.outside());
  finish_shares(made, std::move(shares), half_rounding, path, scan);
}

void shares_from_scan(Annotation& made, const CaseFiles& files, const Grid& scan) {
  const auto& order = files.share_order;
  if (order.empty())
    throw UsageError(
        "{}: what are the volumes of this scan? --share-order NAME,... names them in their order",
        files.share);
  Image image = image::read_channels(files.share);
  require_place(files.share, image.grid, scan);
  if (image.channels.size() != order.size())
    throw DataError("{}: has {} volumes, --share-order names {} ({})", files.share,
                    image.channels.size(), order.size(), join(order, ","));
  image.channels = order;
  const bool exclusive = std::is_permutation(order.begin(), order.end(), made.classes.names.begin(),
                                             made.classes.names.end());
  finish_shares(made, {std::move(image), exclusive}, 0, files.share, scan);
}

io::Prediction open_prediction(const std::string& path, bool probability, Annotation& made,
                               const LabelMeaning* meaning, const Grid& scan) {
  auto prediction = io::read_prediction(path, probability);
  require_place(path, prediction.chain.source, scan);
  if (!meaning) {
    made.classes = prediction.classes;
    made.regions = prediction.regions;
  }
  return prediction;
}

}  // namespace

bool is_prediction(const std::string& file) { return file.ends_with(".h5"); }

Annotation read_annotation(const CaseFiles& files, const LabelMeaning* meaning, const Grid& scan,
                           std::vector<std::string>& notes) {
  Annotation made;
  if (meaning) {
    made.classes = meaning->classes;
    made.regions = meaning->regions;
  }
  std::optional<io::Prediction> prediction;
  if (is_prediction(files.label)) {
    prediction = open_prediction(files.label, files.label == files.share, made, meaning, scan);
    made.label =
        label_from_prediction(*prediction, files.label,
                              meaning ? *meaning : LabelMeaning{made.classes, {}, {}}, scan, notes);
  } else if (!files.label.empty()) {
    made.label = label_from_scan(files.label, *meaning, scan, notes);
  }
  if (files.share.empty()) return made;
  if (!is_prediction(files.share)) {
    shares_from_scan(made, files, scan);
    return made;
  }
  if (files.share != files.label)
    prediction = open_prediction(files.share, true, made, meaning, scan);
  shares_from_prediction(made, *prediction, files.share, scan);
  return made;
}

void attach(Volume& volume, Annotation annotation) {
  Case& data = volume.data;
  for (const Step& step : volume.chain.steps) {
    if (annotation.label) annotation.label = voxels::apply(*annotation.label, step);
    if (annotation.share) annotation.share = voxels::apply(*annotation.share, step);
  }
  data.label = std::move(annotation.label);
  data.share = std::move(annotation.share);
  data.classes = std::move(annotation.classes);
  data.regions = std::move(annotation.regions);
}

}  // namespace kdseg::intake
