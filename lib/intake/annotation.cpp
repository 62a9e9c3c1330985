#include "intake/annotation.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/text.h"
#include "image/scan.h"
#include "intake/common_grid.h"
#include "intake/label_codes.h"
#include "io/share_arrays.h"
#include "voxels/chain.h"

namespace kdseg::intake {
namespace {

constexpr double half_rounding = 0x1p-12;  // of float16 near 1

/// One file on its way onto the scan's grid.
class Placing {
 public:
  Placing(std::string path, const CaseFiles& files, const Grid& scan, Annotation& made)
      : path_(std::move(path)), scan_(scan), made_(made) {
    ignore_ = files.ignore_geometry || !files.header_authority.empty();
    said_ = files.ignore_geometry;
  }

  /// \param part  the file may hold a part of the scan's array
  void put(const char* channel, Labels& labels, bool part = false) const {
    apply_steps(path_, steps(channel, labels.grid, part), labels, scan_);
  }
  void put(const char* channel, Image& image) const {
    for (const Step& step : steps(channel, image.grid, false)) image = voxels::apply(image, step);
    image.grid = scan_;
  }

 private:
  std::vector<Step> steps(const char* channel, const Grid& found, bool part) const {
    auto laid = lay_over(path_, found, "the scan", scan_, ignore_, part);
    if (laid.overlaid && said_) made_.overlaid.emplace_back(channel);
    return std::move(laid.steps);
  }

  std::string path_;
  const Grid& scan_;
  Annotation& made_;
  bool ignore_, said_;
};

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
                   const Placing& placing) {
  placing.put("share", shares.image);
  put_in_order(shares, made.classes);
  io::check_share_channels(shares, made.classes, made.regions, path);
  io::check_share_values(shares, rounding, path);
  made.share = std::move(shares);
}

Labels label_from_scan(const CaseFiles& files, const LabelMeaning& meaning, const Placing& placing,
                       std::vector<std::string>& notes) {
  const std::string& path = files.label;
  auto read = image::read_scan(
      path, files.nan_is_zero ? image::NanVoxels::kept : image::NanVoxels::refused);
  note_header(path, read);
  if (read.nan_voxels > 0) {
    notes.push_back(fmt::format("NaN voxels read as 0: label {}", read.nan_voxels));
    for (float& v : read.image.voxels)
      if (std::isnan(v)) v = 0;
  }
  Labels label{read.image.grid, classes_from_codes(path, read.image.voxels, meaning, notes)};
  placing.put("label", label, read.segmentation);
  return label;
}

/// A prediction's label brought to the scan and, by its codes, to the classes that are meant.
Labels label_from_prediction(const io::Prediction& prediction, const std::string& path,
                             const LabelMeaning& meaning, const Placing& placing,
                             std::vector<std::string>& notes) {
  Labels whole = voxels::restore(prediction.chain, prediction.label);
  if (prediction.classes != meaning.classes) {
    const auto codes = codes_from_classes(path, whole.voxels, prediction.classes);
    whole.voxels = classes_from_codes(path, {codes.begin(), codes.end()}, meaning, notes);
  }
  placing.put("label", whole);
  return whole;
}

void shares_from_prediction(Annotation& made, const io::Prediction& prediction,
                            const std::string& path, const Placing& placing) {
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
  finish_shares(made, std::move(shares), half_rounding, path, placing);
}

void shares_from_scan(Annotation& made, const CaseFiles& files, const Placing& placing) {
  const auto& order = files.share_order;
  if (order.empty())
    throw UsageError(
        "{}: what are the volumes of this scan? --share-order NAME,... names them in their order",
        files.share);
  Image image = image::read_channels(files.share);
  if (image.channels.size() != order.size())
    throw DataError("{}: has {} volumes, --share-order names {} ({})", files.share,
                    image.channels.size(), order.size(), join(order, ","));
  image.channels = order;
  const bool exclusive = std::is_permutation(order.begin(), order.end(), made.classes.names.begin(),
                                             made.classes.names.end());
  finish_shares(made, {std::move(image), exclusive}, 0, files.share, placing);
}

io::Prediction open_prediction(const std::string& path, bool probability, Annotation& made,
                               const LabelMeaning* meaning) {
  auto prediction = io::read_prediction(path, probability);
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
    prediction = open_prediction(files.label, files.label == files.share, made, meaning);
    made.label = label_from_prediction(*prediction, files.label,
                                       meaning ? *meaning : LabelMeaning{made.classes, {}, {}},
                                       Placing(files.label, files, scan, made), notes);
  } else if (!files.label.empty()) {
    made.label = label_from_scan(files, *meaning, Placing(files.label, files, scan, made), notes);
  }
  if (files.share.empty()) return made;
  const Placing placing(files.share, files, scan, made);
  if (!is_prediction(files.share)) {
    shares_from_scan(made, files, placing);
    return made;
  }
  if (files.share != files.label) prediction = open_prediction(files.share, true, made, meaning);
  shares_from_prediction(made, *prediction, files.share, placing);
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
  for (auto& channel : annotation.overlaid) volume.overlaid.push_back(std::move(channel));
}

}  // namespace kdseg::intake
