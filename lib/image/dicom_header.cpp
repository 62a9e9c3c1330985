#include "image/dicom_header.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>

#include "base/errors.h"
#include "base/read_file.h"
#include "base/text.h"
#include "image/dicom_data_set.h"

namespace kdseg::image {
namespace {

using namespace dicom;

constexpr int64_t most_frames = 1 << 17;

/// Typed access to the values of one header; messages name the file.
class Values {
 public:
  Values(const std::string& path, const DicomItems& items) : path_(path), items_(items) {}

  std::string text(DicomTag tag) const {
    const auto found = items_.values.find(tag);
    return found == items_.values.end() ? std::string{} : found->second;
  }
  int64_t whole(DicomTag tag, int64_t absent) const {
    const std::string value = text(tag);
    if (value.empty()) return absent;
    const auto number = parse_integer(value);
    if (!number || *number < 0 || *number > (int64_t{1} << 31)) bad(tag, value);
    return *number;
  }
  double number(DicomTag tag, double absent) const {
    const auto all = numbers<1>(tag);
    return all ? (*all)[0] : absent;
  }
  template <size_t n>
  std::optional<std::array<double, n>> numbers(DicomTag tag) const {
    const std::string value = text(tag);
    if (value.empty()) return std::nullopt;
    const auto parts = split(value, '\\');
    std::array<double, n> out;
    if (parts.size() < n) bad(tag, value);
    for (size_t i = 0; i < n; ++i) {
      std::string part = trim(parts[i]);
      if (part.starts_with('+')) part.erase(0, 1);
      const auto one = parse_number(part);
      if (!one || !std::isfinite(*one)) bad(tag, value);
      out[i] = *one;
    }
    return out;
  }
  /// The only item of a sequence; nothing where it is absent.
  std::optional<Values> group(DicomTag tag) const {
    const auto found = items_.sequences.find(tag);
    if (found == items_.sequences.end() || found->second.empty()) return std::nullopt;
    return Values(path_, found->second.front());
  }
  size_t count(DicomTag tag) const {
    const auto found = items_.sequences.find(tag);
    return found == items_.sequences.end() ? 0 : found->second.size();
  }
  Values at(DicomTag tag, size_t i) const { return {path_, items_.sequences.at(tag)[i]}; }

 private:
  [[noreturn]] void bad(DicomTag tag, const std::string& value) const {
    throw DataError("{}: element {:04x},{:04x} is '{}'; the DICOM file is damaged", path_,
                    tag >> 16, tag & 0xffff, value.substr(0, 64));
  }

  std::string path_;
  const DicomItems& items_;
};

void fill(DicomFrame& frame, const Values& from) {
  if (const auto found = from.numbers<3>(0x00200032)) frame.position_mm = found;
  if (const auto found = from.numbers<6>(0x00200037)) frame.orientation = found;
  if (const auto found = from.numbers<2>(0x00280030)) frame.spacing_mm = found;
  frame.slope = from.number(0x00281053, frame.slope);
  frame.intercept = from.number(0x00281052, frame.intercept);
  for (const DicomTag tag : {DicomTag{0x00200100}, DicomTag{0x00209128}})
    if (const auto text = from.text(tag); !text.empty()) frame.temporal_position = text;
}

/// The functional groups of one frame, or those that all share.
void fill_groups(DicomFrame& frame, const Values& groups) {
  for (const DicomTag tag :
       {plane_position, plane_orientation, pixel_measures, pixel_values, frame_content})
    if (const auto group = groups.group(tag)) fill(frame, *group);
}

/// Before memory is taken for frames or pixels: those promised are there, or could be unpacked from
/// what is there.
void require_pixels(const DicomHeader& header, int64_t frames, const DicomPixels& pixels) {
  const auto damaged = [&](const std::string& what) {
    throw DataError("{}: {}; the DICOM file is damaged", header.file, what);
  };
  if (header.sop_class == "1.2.840.10008.5.1.4.1.1.66.4")
    throw DataError(
        "{}: a DICOM segmentation, whose frames are bits of single structures; expected an image; "
        "of a label, save it as NIfTI or NRRD",
        header.file);
  if (frames > most_frames) damaged(fmt::format("{} frames", frames));
  if (header.bits < 8 || header.bits > 64)
    damaged(fmt::format("{} bits per pixel, expected 8 to 64", header.bits));
  const double needed = static_cast<double>(header.rows) * static_cast<double>(header.columns) *
                        static_cast<double>(header.samples) * static_cast<double>(frames) *
                        static_cast<double>(header.bits) / 8;
  const auto stored = static_cast<double>(pixels.bytes);
  if (pixels.plain && stored < needed)
    throw DataError("{}: {:.0f} bytes of pixels are missing; the file is truncated", header.file,
                    needed - stored);
  if (needed > 1040 * stored + 4096)
    damaged(fmt::format("{:.0f} bytes cannot hold {:.0f} bytes of pixels", stored, needed));
}

}  // namespace

bool starts_as_dicom(const std::string& path) {
  const auto start = read_part(path, 0, 132);
  if (start.size() < 132) return false;
  const auto at = [&start](size_t i) { return std::to_integer<unsigned char>(start[i]); };
  if (std::memcmp(start.data() + 128, "DICM", 4) == 0) return true;
  // Old files begin with their data set: group 2 or 8, element 0 or little more.
  const auto word = [&at](size_t i) { return at(i) | at(i + 1) << 8; };
  return (word(0) == 2 || word(0) == 8) && word(2) <= 0x18 &&
         (word(4) < 64 || (std::isupper(at(4)) != 0 && std::isupper(at(5)) != 0));
}

DicomHeader read_dicom_header(const std::string& path) {
  const DicomDataSet data_set = read_dicom_data_set(path);
  const Values values(path, data_set.items);
  DicomHeader header;
  header.file = path;
  header.sop_class =
      values.text(0x00080016).empty() ? values.text(0x00020002) : values.text(0x00080016);
  header.series = values.text(0x0020000e);
  header.image_type = values.text(0x00080008);
  header.echo_time = values.text(0x00180081);
  header.acquisition_time = values.text(0x00080032);
  header.photometric = values.text(0x00280004);
  header.has_value_table = values.count(value_table) > 0;
  header.rows = values.whole(0x00280010, 0);
  header.columns = values.whole(0x00280011, 0);
  header.samples = values.whole(0x00280002, 1);
  header.bits = values.whole(0x00280100, 0);
  const auto said = [&values](DicomTag tag) { return parse_integer(values.text(tag)).value_or(0); };
  // Instances of the series; slices of a PET series; private words of Philips and of GE.
  for (const DicomTag tag :
       {DicomTag{0x00201209}, DicomTag{0x00540081}, DicomTag{0x20011018}, DicomTag{0x0021104f}})
    header.slices_said = std::max(header.slices_said, said(tag));
  constexpr DicomTag series_in_acquisition = 0x00201000, images_in_acquisition = 0x00201002;
  if (said(series_in_acquisition) <= 1) header.acquired_said = said(images_in_acquisition);
  header.has_pixels = data_set.pixels.found;
  if (!header.is_image()) return header;

  const int64_t count = std::max<int64_t>(1, values.whole(0x00280008, 1));
  const size_t described = values.count(frame_groups);
  // Every frame is described by some bytes of the file; more frames than that are a lie.
  if (described > 0 && static_cast<int64_t>(described) != count)
    throw DataError("{}: {} frames, {} of them described; the DICOM file is damaged", path, count,
                    described);
  if (header.has_pixels) require_pixels(header, count, data_set.pixels);
  DicomFrame common;
  fill(common, values);
  if (const auto shared = values.group(shared_groups)) fill_groups(common, *shared);
  // A file without pixels is refused by its readers; its frames are of no use.
  header.frames.assign(header.has_pixels ? static_cast<size_t>(count) : described, common);
  for (size_t i = 0; i < described; ++i) fill_groups(header.frames[i], values.at(frame_groups, i));
  return header;
}

}  // namespace kdseg::image
