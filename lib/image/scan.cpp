#include "image/scan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>

#include "base/errors.h"
#include "base/folder.h"
#include "base/read_file.h"
#include "base/replace_file.h"
#include "image/formats.h"

namespace kdseg::image {
namespace {

namespace fs = std::filesystem;

/// File endings and what reads and writes them.
struct Format {
  std::vector<std::string> endings;
  Decoded (*read)(const std::string&, Part);
  void (*write)(const std::string&, const Encoded&);  ///< null: not written
};

const std::vector<Format>& formats() {
  static const std::vector<Format> all{
      {{".nii", ".nii.gz"}, read_nifti, encode_nifti},
      {{".hdr", ".img", ".hdr.gz", ".img.gz"}, read_nifti, nullptr},
      {{".nrrd"}, read_nrrd, encode_nrrd},
      {{".nhdr"}, read_nrrd, nullptr},
      {{".mha"}, read_meta, encode_meta},
      {{".mhd"}, read_meta, nullptr},
      {{".dcm"}, read_dicom, nullptr},
  };
  return all;
}

const Format* format_of(const std::string& path) {
  std::string name = fs::path(path).filename().string();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const Format& format : formats())
    for (const std::string& ending : format.endings)
      if (name.size() > ending.size() && name.ends_with(ending)) return &format;
  return nullptr;
}

void read_through(const std::string& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) read_blocks(path, [](std::span<const std::byte>) {});
}

Decoded read_known(const std::string& path, Part part) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) throw DataError("{}: no such file or folder", path);
  if (fs::is_directory(status)) return read_dicom(path, part);
  if (!fs::is_regular_file(status)) throw DataError("{}: not a file", path);
  if (fs::file_size(path, error) == 0) throw DataError("{}: the file is empty", path);
  const Format* format = format_of(path);
  return format ? format->read(path, part) : read_dicom(path, part);
}

/// The libraries take a failing disk for the end of the file, or for damage. Where one of them is
/// not content, the file is read through once more, which tells a failing disk, and then decoded
/// once more, as it may be well now.
Decoded read_any(const std::string& path, Part part) {
  try {
    return read_known(path, part);
  } catch (const DataError&) {
    if (!path_exists(path)) throw;
    if (fs::is_directory(path)) {
      for (const fs::path& file : visible_entries(path)) read_through(file.string());
    } else {
      read_through(path);
    }
  }
  return read_known(path, part);
}

/// \return how many NaN voxels were let through
int64_t check_voxels(const std::string& path, const std::vector<float>& voxels, NanVoxels allowed) {
  constexpr uint32_t exponent = 0x7F800000;  // all its bits are set in what is no finite number
  bool finite = true;
  for (const float v : voxels) finite &= (std::bit_cast<uint32_t>(v) & exponent) != exponent;
  if (finite) return 0;
  int64_t nan = 0, infinite = 0;
  for (const float v : voxels) {
    nan += std::isnan(v);
    infinite += std::isinf(v);
  }
  if (infinite > 0)
    throw DataError("{}: {} of {} voxels are NaN or infinite; repair or replace the scan", path,
                    nan + infinite, voxels.size());
  if (nan > 0 && allowed == NanVoxels::refused)
    throw DataError("{}: {} of {} voxels are NaN; --nan zero reads a background of NaN as 0", path,
                    nan, voxels.size());
  return nan;
}

Decoded read_volumes(const std::string& path, int64_t count, Part part) {
  Decoded read = read_any(path, part);
  if (read.channels == count) return read;
  if (count == 1)
    throw DataError(
        "{}: {} volumes in one file; expected a single 3D volume, or of scans a name for each in "
        "the file's order, as in --image flair,t1,t1ce,t2={}",
        path, read.channels, fs::path(path).filename().string());
  throw DataError("{}: {} volumes in one file; {} are named", path, read.channels, count);
}

/// One scan of each volume. \throws DataError  NaN or infinite voxels that are not let through
std::vector<Scan> scans_of(const std::string& path, Decoded read, NanVoxels nan) {
  const auto count = static_cast<size_t>(read.channels);
  const auto n = static_cast<size_t>(read.grid.voxel_count());
  std::vector<Scan> scans;
  for (size_t c = 0; c < count; ++c) {
    std::vector<float> voxels;
    if (count == 1)
      voxels = std::move(read.voxels);
    else
      voxels.assign(read.voxels.begin() + static_cast<int64_t>(c * n),
                    read.voxels.begin() + static_cast<int64_t>((c + 1) * n));
    const int64_t not_numbers = check_voxels(path, voxels, nan);
    scans.push_back({Image{read.grid, {""}, std::move(voxels)}, name_of(read.component),
                     not_numbers, read.unit_known, read.placed, read.contradiction,
                     read.segmentation});
  }
  return scans;
}

/// The format for writing `path`. \throws UsageError
const Format& writable(const std::string& path) {
  const Format* format = format_of(path);
  if (format == nullptr || format->write == nullptr)
    throw UsageError("{}: unknown extension for a scan; write .nii, .nii.gz, .nrrd or .mha", path);
  return *format;
}

void write_encoded(const std::string& path, const Encoded& volume) {
  const Format& format = writable(path);
  replace_file(path, [&](const std::string& temporary) {
    try {
      format.write(temporary, volume);
    } catch (const RunError& error) {
      // The message names the temporary file; the user knows the target.
      std::string text = error.what();
      if (text.starts_with(temporary)) text = path + text.substr(temporary.size());
      throw RunError(text);
    }
  });
}

void require_voxels(const std::string& path, const Grid& grid, size_t channels, size_t voxels) {
  if (channels == 0 || static_cast<size_t>(grid.voxel_count()) * channels != voxels)
    throw UsageError("{}: {} voxels do not fill {} channels of {}", path, voxels, channels,
                     describe(grid));
}

}  // namespace

void require_plausible_size(const std::string& path, double bytes) {
  std::error_code error;
  const auto stored = static_cast<double>(fs::file_size(path, error));
  if (error) throw DataError("{}: cannot be read: {}", path, error.message());
  if (bytes > 1040.0 * stored + 4096)
    throw DataError(
        "{}: {:.0f} bytes cannot hold the {:.0f} bytes of voxels that the header "
        "promises; the file is truncated or damaged",
        path, stored, bytes);
  // No scan or label of this size shrinks so much; one value repeated does.
  constexpr double large = 512.0 * 1024 * 1024, shrunk = 900;
  if (bytes > large && bytes > shrunk * stored)
    throw DataError(
        "{}: {:.0f} bytes would unfold to {:.0f} bytes of nearly the same value; store the scan "
        "uncompressed if that is what it holds",
        path, stored, bytes);
}

Grid grid_from_affine(const std::string& path, const std::array<int64_t, 3>& size,
                      const std::array<double, 12>& affine) {
  for (const int64_t n : size)
    if (n < 1)
      throw DataError("{}: {}x{}x{} voxels; the header is damaged", path, size[0], size[1],
                      size[2]);
  Grid grid;
  grid.size = size;
  for (int column = 0; column < 3; ++column) {
    double square = 0;
    for (int row = 0; row < 3; ++row) square += affine[4 * row + column] * affine[4 * row + column];
    const double spacing = std::sqrt(square);
    if (!(spacing > 1e-6) || !std::isfinite(spacing))
      throw DataError("{}: voxel spacing {} mm along axis {}; the header is damaged", path, spacing,
                      column);
    grid.spacing_mm[column] = spacing;
    // Adding 0 makes a negative zero positive: equal places have equal checksums.
    for (int row = 0; row < 3; ++row)
      grid.direction[3 * row + column] = affine[4 * row + column] / spacing + 0.0;
  }
  // Nobody is ten meters tall: lengths in micrometers, whose header says another unit or none.
  constexpr double longest_mm = 10000;
  for (int axis = 0; axis < 3; ++axis)
    if (const double long_mm = grid.spacing_mm[axis] * static_cast<double>(size[axis]);
        long_mm > longest_mm)
      throw DataError(
          "{}: {} voxels of {:.4g} mm along axis {}, {:.4g} m in all; is the unit of length in its "
          "header right?",
          path, size[axis], grid.spacing_mm[axis], axis, long_mm / 1000);
  for (int row = 0; row < 3; ++row) {
    grid.origin_mm[row] = affine[4 * row + 3] + 0.0;
    if (!std::isfinite(grid.origin_mm[row]))
      throw DataError("{}: the origin is not a number; the header is damaged", path);
  }
  for (int a = 0; a < 3; ++a)
    for (int b = a + 1; b < 3; ++b) {
      double cosine = 0;
      for (int row = 0; row < 3; ++row)
        cosine += grid.direction[3 * row + a] * grid.direction[3 * row + b];
      if (std::abs(cosine) > 0.052)
        throw DataError(
            "{}: array axes {} and {} are {:.1f} degrees apart; expected 90: resample "
            "the scan onto perpendicular axes first",
            path, a, b, std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / M_PI);
    }
  return grid;
}

Scan read_scan(const std::string& path, NanVoxels nan) {
  return std::move(read_scans(path, 1, nan).front());
}

std::vector<Scan> read_scans(const std::string& path, size_t count, NanVoxels nan) {
  return scans_of(path, read_volumes(path, static_cast<int64_t>(count), Part::all), nan);
}

std::variant<CodeScan, Scan> read_codes(const std::string& path, NanVoxels nan) {
  Decoded read = read_volumes(path, 1, Part::codes);
  if (read.codes.empty()) return std::move(scans_of(path, std::move(read), nan).front());
  return CodeScan{read.grid,   std::move(read.codes), read.unit_known,
                  read.placed, read.contradiction,    read.segmentation};
}

Grid read_grid(const std::string& path) { return read_volumes(path, 1, Part::header).grid; }

void write_scan(const std::string& path, const Grid& grid, const float* voxels,
                const WriteOptions& options) {
  writable(path);
  const Component component = component_named(options.component);
  write_encoded(path,
                Encoded{grid, 1, component,
                        encode(component, voxels, static_cast<size_t>(grid.voxel_count()), path),
                        options.description});
}

void write_codes(const std::string& path, const Grid& grid, const std::vector<int>& codes,
                 const std::string& description) {
  require_voxels(path, grid, 1, codes.size());
  int low = 0, high = 0;
  for (const int code : codes) {
    low = std::min(low, code);
    high = std::max(high, code);
  }
  const Component component = low >= 0 && high <= 255          ? Component::uint8
                              : low >= -32768 && high <= 32767 ? Component::int16
                                                               : Component::int32;
  std::vector<std::byte> stored(codes.size() * bytes_of(component));
  with_type(component, [&](auto type) {
    auto* to = reinterpret_cast<decltype(type)*>(stored.data());
    for (size_t i = 0; i < codes.size(); ++i) to[i] = static_cast<decltype(type)>(codes[i]);
  });
  write_encoded(path, Encoded{grid, 1, component, std::move(stored), description});
}

void write_channels(const std::string& path, const Image& image, const std::string& description) {
  const auto channels = static_cast<int64_t>(image.channels.size());
  require_voxels(path, image.grid, image.channels.size(), image.voxels.size());
  if (writable(path).write != encode_nifti)
    throw UsageError("{}: several channels are written as NIfTI; name it .nii or .nii.gz", path);
  write_encoded(path,
                Encoded{image.grid, channels, Component::float32,
                        encode(Component::float32, image.voxels.data(), image.voxels.size(), path),
                        description});
}

Image read_channels(const std::string& path) {
  Decoded read = read_any(path, Part::all);
  check_voxels(path, read.voxels, NanVoxels::refused);
  Image image{read.grid, {}, std::move(read.voxels)};
  for (int64_t c = 0; c < read.channels; ++c) image.channels.push_back(std::to_string(c));
  return image;
}

void write_png(const std::string& path, int width, int height, const std::vector<uint8_t>& rgb) {
  if (width < 1 || height < 1 || rgb.size() != size_t{3} * width * height)
    throw UsageError("{}: {} bytes do not fill a picture of {}x{} pixels", path, rgb.size(), width,
                     height);
  replace_file(path,
               [&](const std::string& temporary) { encode_png(temporary, width, height, rgb); });
}

}  // namespace kdseg::image
