// DICOM: own code reads what files say about their frames, groups them and puts them in order along
// their normal; GDCM decodes the pixels.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "base/folder.h"
#include "base/read_file.h"
#include "base/text.h"
#include "image/dicom_header.h"
#include "image/dicom_pixels.h"
#include "image/itk_io.h"

namespace kdseg::image {
namespace {

namespace fs = std::filesystem;
using Vector = std::array<double, 3>;

/// Slices may lie this part of a voxel beside their place in the grid.
constexpr double tolerance_voxels = 0.1;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

std::string base_name(const std::string& path) { return fs::path(path).filename().string(); }

/// At most a few names, for messages.
std::string some(std::vector<std::string> names) {
  constexpr size_t shown = 4;
  const size_t all = names.size();
  if (all > shown) {
    names.resize(shown);
    names.push_back(fmt::format("... ({} in all)", all));
  }
  return join(names);
}

/// One plane with its place in space.
struct Slice {
  const DicomHeader* header;
  size_t file = 0, frame = 0;  ///< which file of the series, which of its frames
  std::array<double, 2> spacing_mm;
  Vector right, down, normal, origin_mm;
  double place_mm = 0;  ///< along the normal

  /// "IM0003" or "IM0003, frame 2".
  std::string name() const {
    return header->frames.size() > 1
               ? fmt::format("{}, frame {}", base_name(header->file), frame + 1)
               : base_name(header->file);
  }
  Vector at(double column, double row) const {
    Vector out;
    for (int i = 0; i < 3; ++i)
      out[i] = origin_mm[i] + right[i] * spacing_mm[0] * column + down[i] * spacing_mm[1] * row;
    return out;
  }
};

Vector unit(const std::string& file, const double* values) {
  Vector v{values[0], values[1], values[2]};
  const double length = std::sqrt(dot(v, v));
  if (!(std::abs(length - 1) < 0.01))
    throw DataError("{}: an orientation of length {:.4g}; the DICOM file is damaged", file, length);
  for (double& x : v) x /= length;
  return v;
}

Slice slice_of(const DicomHeader& header, size_t file, size_t frame) {
  const DicomFrame& said = header.frames[frame];
  Slice slice{&header, file, frame, {}, {}, {}, {}, {}};
  const auto require = [&](bool there, const char* what, const char* tag) {
    if (!there)
      throw DataError(
          "{}{}: no {} ({}); slices without one cannot be put into a volume", header.file,
          header.frames.size() > 1 ? fmt::format(": frame {}", frame + 1) : "", what, tag);
  };
  require(said.position_mm.has_value(), "position", "ImagePositionPatient");
  require(said.orientation.has_value(), "orientation", "ImageOrientationPatient");
  require(said.spacing_mm.has_value(), "pixel spacing", "PixelSpacing");
  for (const double s : *said.spacing_mm)
    if (!(s > 0))
      throw DataError("{}: pixel spacing {} mm; the DICOM file is damaged", header.file, s);
  slice.spacing_mm = {(*said.spacing_mm)[1], (*said.spacing_mm)[0]};
  slice.right = unit(header.file, said.orientation->data());
  slice.down = unit(header.file, said.orientation->data() + 3);
  slice.origin_mm = *said.position_mm;
  const Vector &a = slice.right, &b = slice.down;
  slice.normal = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  slice.place_mm = dot(slice.normal, slice.origin_mm);
  return slice;
}

/// Whether a file that is no DICOM looks like something else on purpose: a note, not a lost slice.
bool is_text(const std::string& path) {
  const auto start = read_part(path, 0, 512);
  return !start.empty() && std::all_of(start.begin(), start.end(), [](std::byte byte) {
    const auto c = std::to_integer<unsigned char>(byte);
    return c >= ' ' || c == '\n' || c == '\r' || c == '\t';
  });
}

/// The images of a folder. Hidden files, DICOMDIR, reports and notes are passed over; what could be
/// a lost slice is not.
std::vector<DicomHeader> images_of(const std::string& folder) {
  std::vector<std::string> files, others;
  for (const fs::path& path : visible_entries(folder)) {
    if (fs::is_directory(path) || path.filename() == "DICOMDIR") continue;
    if (!fs::is_regular_file(path)) throw DataError("{}: not a readable file", path.string());
    (starts_as_dicom(path.string()) ? files : others).push_back(path.string());
  }
  std::vector<DicomHeader> images, rest;
  for (const std::string& file : files) {
    DicomHeader header = read_dicom_header(file);
    (header.is_image() && header.has_pixels ? images : rest).push_back(std::move(header));
  }
  if (images.empty()) {
    if (!rest.empty() && rest.front().is_image())
      throw DataError("{}: an image without pixels; the DICOM file is cut short",
                      rest.front().file);
    throw DataError("{}: the folder holds no DICOM image; give a scan file or a DICOM folder",
                    folder);
  }
  for (const DicomHeader& header : rest)
    if (header.is_image() || header.series == images.front().series ||
        header.sop_class == images.front().sop_class)
      throw DataError("{}: of the same kind as the images, but without pixels; it is cut short",
                      header.file);
  std::set<std::string> endings;
  for (const DicomHeader& header : images)
    endings.insert(fs::path(header.file).extension().string());
  for (const std::string& file : others)
    if (endings.contains(fs::path(file).extension().string()) && !is_text(file))
      throw DataError("{}: cannot be read as DICOM, and may be a slice that is missing", file);
  return images;
}

void require_one_series(const std::string& folder, const std::vector<DicomHeader>& images) {
  std::map<std::string, std::vector<std::string>> series;
  for (const DicomHeader& header : images) series[header.series].push_back(base_name(header.file));
  if (series.size() == 1) return;
  std::vector<std::string> lines;
  for (const auto& [id, files] : series)
    lines.push_back(fmt::format("{} ({} files, first {})", id.empty() ? "without id" : id,
                                files.size(), files.front()));
  throw DataError(
      "{}: {} DICOM series in one folder; give a folder that holds one whole series: {}", folder,
      series.size(), join(lines, "; "));
}

void require_readable(const DicomHeader& header, const DicomHeader& first) {
  if (header.samples != 1)
    throw DataError("{}: color voxels; expected one number per voxel", header.file);
  const std::string& meaning = header.photometric;
  if (!meaning.empty() && meaning != "MONOCHROME1" && meaning != "MONOCHROME2")
    throw DataError(
        "{}: voxels are '{}' (PhotometricInterpretation); expected MONOCHROME1 or "
        "MONOCHROME2, one number per voxel",
        header.file, meaning);
  if (meaning != first.photometric)
    throw DataError("{}: {} among slices of {} ({}) in the same series: some may be turned over",
                    header.file, meaning.empty() ? "no PhotometricInterpretation" : meaning,
                    first.photometric.empty() ? "none" : first.photometric, base_name(first.file));
  if (header.has_value_table)
    throw DataError(
        "{}: the voxels are places in a table of values (ModalityLUTSequence); convert "
        "the series first",
        header.file);
  if (header.image_type.find("MOSAIC") != std::string::npos)
    throw DataError("{}: a mosaic, whose slices lie side by side in one picture; convert it first",
                    header.file);
  if (header.rows != first.rows || header.columns != first.columns)
    throw DataError("{}: slice of {}x{} pixels among slices of {}x{} ({}) in the same series",
                    header.file, header.columns, header.rows, first.columns, first.rows,
                    base_name(first.file));
  for (const DicomFrame& frame : header.frames)
    if (frame.slope != header.frames[0].slope || frame.intercept != header.frames[0].intercept)
      throw DataError("{}: frames with different rescale slopes or intercepts", header.file);
}

/// Planes of other orientation or spacing (a localizer) would be stacked as if they were slices.
void require_parallel(const std::string& folder, const std::vector<Slice>& slices) {
  const auto like = [](const Slice& slice, const Slice& first) {
    const auto column = static_cast<double>(first.header->columns - 1);
    const auto row = static_cast<double>(first.header->rows - 1);
    const double step = std::min(first.spacing_mm[0], first.spacing_mm[1]);
    double most = 0;
    for (int corner = 1; corner < 4; ++corner) {
      const double c = (corner & 1) != 0 ? column : 0, r = (corner & 2) != 0 ? row : 0;
      const Vector here = slice.at(c, r), there = first.at(c, r);
      double square = 0;
      for (int i = 0; i < 3; ++i) {
        const double d = here[i] - slice.origin_mm[i] - there[i] + first.origin_mm[i];
        square += d * d;
      }
      most = std::max(most, std::sqrt(square));
    }
    return most <= tolerance_voxels * step;
  };
  // The first of the most numerous kind stands for the series.
  std::vector<std::vector<const Slice*>> kinds;
  for (const Slice& slice : slices) {
    const auto found = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const auto& kind) { return like(slice, *kind.front()); });
    if (found == kinds.end())
      kinds.push_back({&slice});
    else
      found->push_back(&slice);
  }
  if (kinds.size() == 1) return;
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
  std::vector<std::string> odd;
  for (size_t k = 1; k < kinds.size(); ++k)
    for (const Slice* slice : kinds[k]) odd.push_back(slice->name());
  throw DataError(
      "{}: the series holds {} kinds of planes that differ in orientation or spacing: {} like {}, "
      "and {}; expected one volume",
      folder, kinds.size(), kinds.front().size(), kinds.front().front()->name(), some(odd));
}

/// Several images at one place: echoes, time points, copies.
void require_places_once(const std::string& folder, const std::vector<Slice>& slices) {
  std::set<size_t> places{0};
  std::vector<std::string> twice;
  for (size_t i = 1; i < slices.size(); ++i) {
    const double gap = slices[i].place_mm - slices[i - 1].place_mm;
    if (gap > 1e-3)
      places.insert(i);
    else
      twice.push_back(slices[i - 1].name() + " and " + slices[i].name());
  }
  if (twice.empty()) return;
  std::set<std::string> echoes, times;
  for (const Slice& slice : slices) {
    echoes.insert(slice.header->echo_time);
    times.insert(slice.header->frames[slice.frame].temporal_position);
  }
  const std::string why =
      echoes.size() > 1 ? fmt::format("echo times {}",
                                      join(std::vector<std::string>(echoes.begin(), echoes.end())))
      : times.size() > 1 || slices.size() % places.size() == 0
          ? fmt::format("{} time points, echoes or copies", slices.size() / places.size())
          : "doubled slices";
  throw DataError("{}: {} images at {} places ({}), as {}; expected one volume", folder,
                  slices.size(), places.size(), why, twice.front());
}

/// All gaps must agree, or a slice is missing.
void require_even_gaps(const std::string& folder, const std::vector<Slice>& slices) {
  std::vector<double> gaps;
  for (size_t i = 1; i < slices.size(); ++i)
    gaps.push_back(slices[i].place_mm - slices[i - 1].place_mm);
  auto sorted = gaps;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<int64_t>(sorted.size() / 2),
                   sorted.end());
  const double usual = sorted[sorted.size() / 2];
  for (size_t i = 0; i < gaps.size(); ++i)
    if (std::abs(gaps[i] - usual) > 0.05 * usual)
      throw DataError(
          "{}: slices {} and {} are {:.4g} mm apart, the others {:.4g} mm: a slice is missing or "
          "doubled",
          folder, slices[i].name(), slices[i + 1].name(), gaps[i], usual);
}

/// Where files say how many slices there are, one that is lacking at either end is found. What they
/// say of the series outweighs what they say of its acquisition, which may have given other series,
/// too (several echoes, or reconstructions), and has where it counts at least twice as many images.
void require_all_said(const std::string& folder, const std::vector<Slice>& slices) {
  const auto here = static_cast<int64_t>(slices.size());
  for (const Slice& slice : slices) {
    const DicomHeader& header = *slice.header;
    if (header.slices_said > here)
      throw DataError("{}: {} slices, but {} says that there are {}; slices are missing", folder,
                      here, base_name(header.file), header.slices_said);
    if (header.slices_said == 0 && header.acquired_said > here && header.acquired_said < 2 * here)
      throw DataError(
          "{}: {} slices, but {} says that there are {} (ImagesInAcquisition); slices are missing, "
          "or in another series of the acquisition: then take this element out of a copy",
          folder, here, base_name(header.file), header.acquired_said);
  }
}

Grid series_grid(const std::string& folder, const std::vector<Slice>& slices) {
  const Slice &first = slices.front(), &last = slices.back();
  std::array<double, 12> affine{};
  const auto steps = static_cast<double>(slices.size() - 1);
  for (int row = 0; row < 3; ++row) {
    affine[4 * row] = first.right[row] * first.spacing_mm[0];
    affine[4 * row + 1] = first.down[row] * first.spacing_mm[1];
    affine[4 * row + 2] = (last.origin_mm[row] - first.origin_mm[row]) / steps;
    affine[4 * row + 3] = first.origin_mm[row];
  }
  // A stack that leans (gantry tilt) would be sheared by any reader that takes it for a box.
  const double gap = (last.place_mm - first.place_mm) / steps;
  const double step =
      std::sqrt(affine[2] * affine[2] + affine[6] * affine[6] + affine[10] * affine[10]);
  if (gap / step < std::cos(1.0 * M_PI / 180))
    throw DataError(
        "{}: the slices are stacked {:.1f} degrees off their normal (gantry tilt); "
        "resample the series first",
        folder, std::acos(gap / step) * 180 / M_PI);
  for (size_t k = 0; k < slices.size(); ++k) {
    Vector off;
    for (int row = 0; row < 3; ++row)
      off[row] = slices[k].origin_mm[row] - first.origin_mm[row] -
                 affine[4 * row + 2] * static_cast<double>(k);
    const double moved = std::sqrt(dot(off, off));
    const double voxel = std::min({first.spacing_mm[0], first.spacing_mm[1], step});
    if (moved > tolerance_voxels * voxel)
      throw DataError("{}: slice {} lies {:.3g} mm beside its place in an even stack", folder,
                      slices[k].name(), moved);
  }
  return grid_from_affine(
      folder, {first.header->columns, first.header->rows, static_cast<int64_t>(slices.size())},
      affine);
}

std::vector<Slice> slices_in_order(const std::string& what,
                                   const std::vector<DicomHeader>& images) {
  std::vector<Slice> slices;
  for (size_t f = 0; f < images.size(); ++f) {
    require_readable(images[f], images.front());
    for (size_t k = 0; k < images[f].frames.size(); ++k)
      slices.push_back(slice_of(images[f], f, k));
  }
  if (slices.size() < 2)
    throw DataError("{}: a single DICOM slice; give the folder that holds the whole series",
                    images.front().file);
  require_parallel(what, slices);
  // Along one normal: those of single slices may differ by rounding.
  for (Slice& slice : slices) slice.place_mm = dot(slices.front().normal, slice.origin_mm);
  std::stable_sort(slices.begin(), slices.end(),
                   [](const Slice& a, const Slice& b) { return a.place_mm < b.place_mm; });
  require_places_once(what, slices);
  if (slices.size() > 2) require_even_gaps(what, slices);
  require_all_said(what, slices);
  return slices;
}

Decoded read_volume(const std::string& what, const std::vector<DicomHeader>& images, Part part) {
  const std::vector<Slice> slices = slices_in_order(what, images);
  Decoded out;
  out.grid = series_grid(what, slices);
  if (part == Part::header) return out;
  const auto plane = static_cast<size_t>(out.grid.size[0] * out.grid.size[1]);
  out.voxels.resize(static_cast<size_t>(out.grid.voxel_count()));
  decode_pixels(what, images,
                [&](size_t file, Component component, const std::vector<float>& pixels) {
                  if (file == 0) out.component = component;
                  for (size_t k = 0; k < slices.size(); ++k)
                    if (slices[k].file == file)
                      std::copy_n(pixels.begin() + static_cast<int64_t>(slices[k].frame * plane),
                                  plane, out.voxels.begin() + static_cast<int64_t>(k * plane));
                });
  return out;
}

}  // namespace

Decoded read_dicom(const std::string& path, Part part) {
  const ItkTurn turn;
  std::vector<DicomHeader> images;
  if (fs::is_directory(path)) {
    images = images_of(path);
    require_one_series(path, images);
  } else {
    if (!starts_as_dicom(path))
      throw DataError(
          "{}: unknown scan format; known: .nii .nii.gz .nrrd .nhdr .mha .mhd, DICOM files and "
          "folders",
          path);
    images.push_back(read_dicom_header(path));
    if (!images.front().is_image() || !images.front().has_pixels)
      throw DataError("{}: the DICOM file holds no image", path);
  }
  return read_volume(path, images, part);
}

}  // namespace kdseg::image
