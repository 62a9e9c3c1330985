// DICOM through GDCM: the slices of one series, put in order along their normal.
#include <gdcmImageHelper.h>
#include <gdcmReader.h>
#include <itkGDCMImageIO.h>
#include <itkGDCMSeriesFileNames.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "image/itk_io.h"

namespace kdseg::image {
namespace {

using Vector = std::array<double, 3>;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// GDCM fills missing pixels with zeros without a word. Finds the header of uncompressed pixel data
/// (compressed ones fail by themselves) and checks that the file goes on long enough behind it.
/// \throws DataError  truncated
void require_all_pixels(const std::string& file) {
  gdcm::Reader reader;
  reader.SetFileName(file.c_str());
  if (!reader.ReadUpToTag(gdcm::Tag(0x0028, 0xffff))) return;
  size_t pixels = gdcm::ImageHelper::GetPixelFormatValue(reader.GetFile()).GetPixelSize();
  for (const unsigned n : gdcm::ImageHelper::GetDimensionsValue(reader.GetFile())) pixels *= n;
  const auto length = static_cast<uint32_t>(pixels + pixels % 2);
  const std::string length_field(reinterpret_cast<const char*>(&length), 4);

  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const std::string tag("\xe0\x7f\x10\x00", 4);
  const std::string word("OW\0\0", 4), byte("OB\0\0", 4);  // what explicit files insert
  for (const std::string& header :
       {tag + word + length_field, tag + byte + length_field, tag + length_field})
    if (const size_t at = bytes.find(header);
        at != std::string::npos && bytes.size() - at - header.size() < pixels)
      throw DataError("{}: {} bytes of pixels are missing; the file is truncated", file,
                      pixels - (bytes.size() - at - header.size()));
}

struct Slice {
  std::string file;
  Component component;
  std::array<int64_t, 2> size;
  std::array<double, 2> spacing_mm;
  Vector right, down, normal, origin_mm;
  double place_mm = 0;  ///< along the normal
};

Slice slice_header(const std::string& file) {
  const auto io_pointer = itk::GDCMImageIO::New();
  itk::GDCMImageIO& io = *io_pointer;
  io.SetFileName(file);
  io.ReadImageInformation();
  if (io.GetNumberOfDimensions() > 2 && io.GetDimensions(2) > 1)
    throw DataError("{}: a file of several slices among other files of its series", file);
  require_all_pixels(file);
  Slice slice;
  slice.file = file;
  slice.component = component_of(file, io);
  for (unsigned i = 0; i < 2; ++i) {
    slice.size[i] = static_cast<int64_t>(io.GetDimensions(i));
    slice.spacing_mm[i] = io.GetSpacing(i);
  }
  for (unsigned i = 0; i < 3; ++i) {
    slice.right[i] = io.GetDirection(0)[i];
    slice.down[i] = io.GetDirection(1)[i];
    slice.origin_mm[i] = io.GetOrigin(i);
  }
  const Vector &a = slice.right, &b = slice.down;
  slice.normal = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  slice.place_mm = dot(slice.normal, slice.origin_mm);
  return slice;
}

/// The files of the only series in a folder.
std::vector<std::string> series_files(const std::string& folder) {
  const auto names = itk::GDCMSeriesFileNames::New();
  names->SetUseSeriesDetails(true);
  names->SetRecursive(false);
  names->SetInputDirectory(folder);
  const std::vector<std::string> series = names->GetSeriesUIDs();
  if (series.empty())
    throw DataError("{}: the folder holds no DICOM image; give a scan file or a DICOM folder",
                    folder);
  if (series.size() > 1) {
    std::vector<std::string> lines;
    for (const std::string& id : series) {
      const auto& files = names->GetFileNames(id);
      lines.push_back(fmt::format(
          "{} ({} files, first {})", id, files.size(),
          files.empty() ? "none" : std::filesystem::path(files.front()).filename().string()));
    }
    throw DataError("{}: {} DICOM series in one folder; move one to a folder of its own: {}",
                    folder, series.size(), join(lines, "; "));
  }
  return names->GetFileNames(series.front());
}

void require_like_first(const Slice& slice, const Slice& first) {
  const bool same_size = slice.size == first.size;
  const bool same_spacing = std::abs(slice.spacing_mm[0] - first.spacing_mm[0]) < 1e-4 &&
                            std::abs(slice.spacing_mm[1] - first.spacing_mm[1]) < 1e-4;
  const bool parallel =
      dot(slice.right, first.right) > 0.9999 && dot(slice.down, first.down) > 0.9999;
  if (!same_size || !same_spacing || !parallel)
    throw DataError(
        "{}: slice of {}x{} at {:g}x{:g} mm differs in size, spacing or orientation "
        "from {} of the same series",
        slice.file, slice.size[0], slice.size[1], slice.spacing_mm[0], slice.spacing_mm[1],
        std::filesystem::path(first.file).filename().string());
}

/// Distance between slices; all gaps must agree, or a slice is missing or doubled.
double slice_spacing(const std::string& folder, const std::vector<Slice>& slices) {
  const double mean =
      (slices.back().place_mm - slices.front().place_mm) / static_cast<double>(slices.size() - 1);
  for (size_t i = 1; i < slices.size(); ++i) {
    const double gap = slices[i].place_mm - slices[i - 1].place_mm;
    if (!(gap > 1e-3) || std::abs(gap - mean) > 0.05 * mean)
      throw DataError(
          "{}: slices {} and {} are {:.4g} mm apart, the mean is {:.4g} mm: a slice is "
          "missing or doubled",
          folder, std::filesystem::path(slices[i - 1].file).filename().string(),
          std::filesystem::path(slices[i].file).filename().string(), gap, mean);
  }
  return mean;
}

Grid series_grid(const std::string& folder, const std::vector<Slice>& slices) {
  const Slice &first = slices.front(), &last = slices.back();
  std::array<double, 12> affine{};
  const double gap = slice_spacing(folder, slices);
  for (int row = 0; row < 3; ++row) {
    affine[4 * row] = first.right[row] * first.spacing_mm[0];
    affine[4 * row + 1] = first.down[row] * first.spacing_mm[1];
    affine[4 * row + 2] =
        (last.origin_mm[row] - first.origin_mm[row]) / static_cast<double>(slices.size() - 1);
    affine[4 * row + 3] = first.origin_mm[row];
  }
  // A stack that leans (gantry tilt) would be sheared by any reader that takes it for a box.
  const double step =
      std::sqrt(affine[2] * affine[2] + affine[6] * affine[6] + affine[10] * affine[10]);
  if (gap / step < std::cos(1.0 * M_PI / 180))
    throw DataError(
        "{}: the slices are stacked {:.1f} degrees off their normal (gantry tilt); "
        "resample the series first",
        folder, std::acos(gap / step) * 180 / M_PI);
  return grid_from_affine(
      folder, {first.size[0], first.size[1], static_cast<int64_t>(slices.size())}, affine);
}

/// Enhanced DICOM: one file with all slices.
Decoded read_volume(const std::string& file, Part part) {
  require_all_pixels(file);
  const auto io = itk::GDCMImageIO::New();
  io->SetFileName(file);
  io->ReadImageInformation();
  if (io->GetNumberOfDimensions() < 3 || io->GetDimensions(2) < 2)
    throw DataError("{}: a single DICOM slice; give the folder that holds the whole series", file);
  Decoded out;
  out.grid = grid_of(file, *io);
  out.component = component_of(file, *io);
  if (part == Part::all) out.voxels = voxels_of(file, *io);
  return out;
}

Decoded read_slices(const std::string& folder, const std::vector<std::string>& files, Part part) {
  std::vector<Slice> slices;
  for (const std::string& file : files) {
    slices.push_back(slice_header(file));
    require_like_first(slices.back(), slices.front());
  }
  std::stable_sort(slices.begin(), slices.end(),
                   [](const Slice& a, const Slice& b) { return a.place_mm < b.place_mm; });
  Decoded out;
  out.grid = series_grid(folder, slices);
  out.component = slices.front().component;
  if (part == Part::header) return out;
  out.voxels.reserve(static_cast<size_t>(out.grid.voxel_count()));
  for (const Slice& slice : slices) {
    const auto io = itk::GDCMImageIO::New();
    io->SetFileName(slice.file);
    io->ReadImageInformation();
    const std::vector<float> voxels = voxels_of(slice.file, *io);
    out.voxels.insert(out.voxels.end(), voxels.begin(), voxels.end());
  }
  return out;
}

}  // namespace

bool is_dicom_file(const std::string& path) {
  const ItkTurn turn;
  try {
    return itk::GDCMImageIO::New()->CanReadFile(path.c_str());
  } catch (const itk::ExceptionObject&) {
    return false;
  }
}

Decoded read_dicom_series(const std::string& folder, Part part) {
  const ItkTurn turn;
  try {
    const std::vector<std::string> files = series_files(folder);
    return files.size() == 1 ? read_volume(files.front(), part) : read_slices(folder, files, part);
  } catch (const itk::ExceptionObject& error) {
    throw DataError("{}: cannot be read: {}", folder, reason_of(error));
  }
}

Decoded read_dicom_file(const std::string& path, Part part) {
  const ItkTurn turn;
  try {
    return read_volume(path, part);
  } catch (const itk::ExceptionObject& error) {
    throw DataError("{}: cannot be read: {}", path, reason_of(error));
  }
}

}  // namespace kdseg::image
