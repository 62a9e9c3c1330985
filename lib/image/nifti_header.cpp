#include "image/nifti_header.h"

#include <nifti1.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/errors.h"
#include "base/read_file.h"
#include "image/formats.h"
#include "image/unfolded.h"

namespace kdseg::image {
namespace {

namespace fs = std::filesystem;

constexpr size_t header_bytes_1 = 348, header_bytes_2 = 540;
constexpr std::string_view damaged = "the header is damaged, or this is another format";

struct StoredType {
  int code, bits;
  Component component;
};
constexpr StoredType stored_types[] = {
    {DT_INT8, 8, Component::int8},        {DT_UINT8, 8, Component::uint8},
    {DT_INT16, 16, Component::int16},     {DT_UINT16, 16, Component::uint16},
    {DT_INT32, 32, Component::int32},     {DT_UINT32, 32, Component::uint32},
    {DT_INT64, 64, Component::int64},     {DT_UINT64, 64, Component::uint64},
    {DT_FLOAT32, 32, Component::float32}, {DT_FLOAT64, 64, Component::float64}};

bool ends_like(const std::string& path, std::string_view ending) {
  return path.size() > ending.size() &&
         std::equal(ending.rbegin(), ending.rend(), path.rbegin(), [](char a, char b) {
           return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
         });
}

/// The file beside `path` with another ending, in lower or upper case, compressed or not.
std::string partner(const std::string& path, const std::string& ending) {
  std::string stem = path;
  if (ends_like(stem, ".gz")) stem.resize(stem.size() - 3);
  stem.resize(stem.size() - 4);  // ".hdr" or ".img"
  std::string upper = ending;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const std::string& name :
       {stem + ending, stem + ending + ".gz", stem + upper, stem + upper + ".GZ"})
    if (std::error_code error; fs::exists(name, error)) return name;
  throw DataError("{}: the file {} of the pair is missing beside it", path,
                  fs::path(stem + ending).filename().string());
}

bool is_pair(const std::string& path) {
  for (const std::string_view ending : {".hdr", ".hdr.gz", ".img", ".img.gz"})
    if (ends_like(path, ending)) return true;
  return false;
}

/// Fields of a header by byte place, in the file's byte order.
class Fields {
 public:
  Fields(std::vector<char> bytes, bool swapped) : bytes_(std::move(bytes)), swapped_(swapped) {}

  template <class T>
  T at(size_t place) const {
    std::array<char, sizeof(T)> raw;
    std::memcpy(raw.data(), bytes_.data() + place, sizeof(T));
    if (swapped_) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
  }
  std::string_view text(size_t place, size_t length) const {
    return {bytes_.data() + place, length};
  }

 private:
  std::vector<char> bytes_;
  bool swapped_;
};

/// What both versions hold, at their different places and in the wider type.
struct Raw {
  int version = 1;
  bool swapped = false, paired = false;  ///< the magic says: header and voxels are two files
  std::array<int64_t, 8> dim{};
  int datatype = 0, bitpix = 0, units = 0;
  std::array<double, 8> pixdim{};
  double vox_offset = 0, slope = 0, intercept = 0;
  int qform_code = 0, sform_code = 0;
  std::array<double, 6> quatern{};
  std::array<double, 12> srow{};
};

template <class Whole, class Number>
void fill(Raw& raw, const Fields& in, size_t dim, size_t pixdim, size_t quatern, size_t srow) {
  for (size_t i = 0; i < 8; ++i) raw.dim[i] = in.at<Whole>(dim + i * sizeof(Whole));
  for (size_t i = 0; i < 8; ++i) raw.pixdim[i] = in.at<Number>(pixdim + i * sizeof(Number));
  for (size_t i = 0; i < 6; ++i) raw.quatern[i] = in.at<Number>(quatern + i * sizeof(Number));
  for (size_t i = 0; i < 12; ++i) raw.srow[i] = in.at<Number>(srow + i * sizeof(Number));
}

Raw parse_1(const std::string& path, const Fields& in) {
  Raw raw;
  const auto magic = in.text(344, 4);
  raw.paired = magic == std::string_view("ni1\0", 4);
  if (!raw.paired && magic != std::string_view("n+1\0", 4)) {
    if (is_pair(path) && magic.find_first_not_of('\0') == std::string_view::npos)
      throw DataError("{}: Analyze 7.5 file without orientation; convert it to NIfTI", path);
    throw DataError("{}: no NIfTI magic at byte 344; {}", path, damaged);
  }
  fill<int16_t, float>(raw, in, 40, 76, 256, 280);
  raw.datatype = in.at<int16_t>(70);
  raw.bitpix = in.at<int16_t>(72);
  raw.vox_offset = in.at<float>(108);
  raw.slope = in.at<float>(112);
  raw.intercept = in.at<float>(116);
  raw.units = in.at<uint8_t>(123);
  raw.qform_code = in.at<int16_t>(252);
  raw.sform_code = in.at<int16_t>(254);
  return raw;
}

Raw parse_2(const std::string& path, const Fields& in) {
  Raw raw;
  raw.version = 2;
  const auto magic = in.text(4, 8);
  raw.paired = magic == std::string_view("ni2\0\r\n\x1a\n", 8);
  if (!raw.paired && magic != std::string_view("n+2\0\r\n\x1a\n", 8))
    throw DataError("{}: no NIfTI-2 magic at byte 4; {}", path, damaged);
  fill<int64_t, double>(raw, in, 16, 104, 352, 400);
  raw.datatype = in.at<int16_t>(12);
  raw.bitpix = in.at<int16_t>(14);
  raw.vox_offset = static_cast<double>(in.at<int64_t>(168));
  raw.slope = in.at<double>(176);
  raw.intercept = in.at<double>(184);
  raw.units = in.at<int32_t>(500);
  raw.qform_code = in.at<int32_t>(344);
  raw.sform_code = in.at<int32_t>(348);
  return raw;
}

Raw parse(const std::string& path) {
  UnfoldedFile file(path);
  std::vector<char> bytes(header_bytes_2);
  bytes.resize(file.read(bytes.data(), bytes.size()));
  int32_t length = 0;
  if (bytes.size() >= sizeof length) std::memcpy(&length, bytes.data(), sizeof length);
  const auto reversed = static_cast<int32_t>(__builtin_bswap32(static_cast<uint32_t>(length)));
  for (const auto size : {header_bytes_1, header_bytes_2}) {
    const auto wanted = static_cast<int32_t>(size);
    const bool swapped = length != wanted;
    if ((swapped ? reversed : length) != wanted) continue;
    if (bytes.size() < size) break;
    const Fields in(std::move(bytes), swapped);
    Raw raw = size == header_bytes_1 ? parse_1(path, in) : parse_2(path, in);
    raw.swapped = swapped;
    return raw;
  }
  throw DataError("{}: not a readable NIfTI header (truncated, damaged or another format)", path);
}

Component component_of(const std::string& path, const Raw& raw) {
  for (const StoredType& type : stored_types)
    if (type.code == raw.datatype) {
      if (type.bits != raw.bitpix)
        throw DataError("{}: {} bits per voxel, voxel type {} has {}; {}", path, raw.bitpix,
                        name_of(type.component), type.bits, damaged);
      return type.component;
    }
  if (raw.datatype == DT_RGB24 || raw.datatype == DT_RGBA32)
    throw DataError("{}: color voxels; expected one number per voxel", path);
  throw DataError("{}: voxel type of code {}; expected an integer or floating-point type", path,
                  raw.datatype);
}

void take_sizes(const std::string& path, const Raw& raw, NiftiHeader& header) {
  const int64_t n = raw.dim[0];
  if (n < 1 || n > 7) throw DataError("{}: {} dimensions; {}", path, n, damaged);
  for (int64_t i = 1; i <= n; ++i)
    if (raw.dim[i] < 1 || raw.dim[i] > (int64_t{1} << 40))
      throw DataError("{}: {} voxels along axis {}; {}", path, raw.dim[i], i - 1, damaged);
  if (n < 3)
    throw DataError("{}: {} dimensions of {}x{} voxels; expected a 3D volume", path, n, raw.dim[1],
                    n > 1 ? raw.dim[2] : 1);
  for (int64_t i = 5; i <= n; ++i)
    if (raw.dim[i] > 1) throw DataError("{}: {} values per voxel; expected one", path, raw.dim[i]);
  for (size_t i = 0; i < 3; ++i) header.size[i] = raw.dim[i + 1];
  header.volumes = n < 4 ? 1 : raw.dim[4];
}

void take_geometry(const std::string& path, const Raw& raw, NiftiHeader& header) {
  for (size_t i = 1; i < 4; ++i) {
    if (!std::isfinite(raw.pixdim[i]) || !(raw.pixdim[i] > 0))
      throw DataError("{}: voxel spacing {} along axis {}; {}", path, raw.pixdim[i], i - 1,
                      damaged);
    header.pixdim[i] = static_cast<float>(raw.pixdim[i]);
  }
  if (!std::isfinite(raw.pixdim[0]))
    throw DataError("{}: qfac {}; {}", path, raw.pixdim[0], damaged);
  header.pixdim[0] = raw.pixdim[0] < 0 ? -1.0f : 1.0f;
  const auto finite = [](const auto& values) {
    return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
  };
  header.qform_code = raw.qform_code;
  header.sform_code = raw.sform_code;
  if ((raw.qform_code > 0 && !finite(raw.quatern)) || (raw.sform_code > 0 && !finite(raw.srow)))
    throw DataError("{}: the position in the header is not a number; {}", path, damaged);
  for (size_t i = 0; i < 6; ++i) header.quatern[i] = static_cast<float>(raw.quatern[i]);
  double turn = 0;
  for (size_t i = 0; i < 3; ++i) turn += raw.quatern[i] * raw.quatern[i];
  if (raw.qform_code > 0 && turn > 1.001)
    throw DataError("{}: a quaternion of length {:.4g} in the header; {}", path, std::sqrt(turn),
                    damaged);
  header.srow = raw.srow;
  const int unit = raw.units & 7;
  header.unit_known =
      unit == NIFTI_UNITS_METER || unit == NIFTI_UNITS_MM || unit == NIFTI_UNITS_MICRON;
  header.mm_per_unit = unit == NIFTI_UNITS_METER    ? 1000.0
                       : unit == NIFTI_UNITS_MICRON ? 0.001
                                                    : 1.0;
}

void take_scale(const std::string& path, const Raw& raw, NiftiHeader& header) {
  // A slope of 0, or NaN as nibabel leaves it: voxels mean what is stored.
  if (raw.slope == 0 || std::isnan(raw.slope)) return;
  if (!std::isfinite(raw.slope) || !std::isfinite(raw.intercept))
    throw DataError("{}: slope {} with intercept {}; {}", path, raw.slope, raw.intercept, damaged);
  header.slope = raw.slope;
  header.intercept = raw.intercept;
}

/// Where the voxels lie, and whether they can all be there.
void take_place(const std::string& path, const Raw& raw, NiftiHeader& header) {
  const double least = raw.paired ? 0 : raw.version == 1 ? 352 : 544;
  const std::string& file = header.voxel_file;
  if (!(raw.vox_offset >= least) || raw.vox_offset != std::floor(raw.vox_offset) ||
      raw.vox_offset > 1e15)
    throw DataError("{}: voxels begin at byte {}, expected at least {}; {}", path, raw.vox_offset,
                    least, damaged);
  double bytes =
      static_cast<double>(bytes_of(header.component)) * static_cast<double>(header.volumes);
  for (const int64_t n : header.size) bytes *= static_cast<double>(n);
  require_plausible_size(file, raw.vox_offset + bytes);
  header.voxel_begin = static_cast<int64_t>(raw.vox_offset);
}

}  // namespace

int64_t NiftiHeader::voxel_bytes() const {
  return size[0] * size[1] * size[2] * volumes * static_cast<int64_t>(bytes_of(component));
}

NiftiHeader read_nifti_header(const std::string& path) {
  const bool pair = is_pair(path);
  const bool image_named = pair && (ends_like(path, ".img") || ends_like(path, ".img.gz"));
  const Raw raw = parse(image_named ? partner(path, ".hdr") : path);
  if (raw.paired != pair)
    throw DataError("{}: the header says that it {} voxels, the name says otherwise; {}", path,
                    raw.paired ? "comes apart from its" : "stands in one file with its", damaged);
  NiftiHeader header;
  header.swapped = raw.swapped;
  take_sizes(path, raw, header);
  header.component = component_of(path, raw);
  take_geometry(path, raw, header);
  take_scale(path, raw, header);
  header.voxel_file = pair && !image_named ? partner(path, ".img") : path;
  take_place(path, raw, header);
  return header;
}

std::vector<std::byte> read_nifti_voxels(const std::string& path, const NiftiHeader& header) {
  UnfoldedFile file(header.voxel_file);
  const auto promised = static_cast<size_t>(header.voxel_bytes());
  // Some programs pad files; a whole slice behind the last one is no padding.
  const int64_t slice =
      header.size[0] * header.size[1] * static_cast<int64_t>(bytes_of(header.component));
  const int64_t spare = std::min<int64_t>(slice, 4096);
  const auto least = static_cast<uint64_t>(header.voxel_begin) + promised;
  const bool whole = file.unfold_whole(least, least + static_cast<uint64_t>(spare));
  const bool placed = file.skip(header.voxel_begin) == header.voxel_begin;
  // Of a compressed file nobody knows what it holds until it is read; memory grows with it.
  constexpr size_t first = 1 << 24;
  std::vector<std::byte> bytes;
  size_t got = 0;
  for (size_t wanted = 0; placed && got == wanted && got < promised;) {
    wanted = file.compressed() && !whole ? std::min(promised, std::max(first, 2 * got)) : promised;
    bytes.resize(wanted);
    got += file.read(bytes.data() + got, wanted - got);
  }
  if (got != promised)
    throw DataError(
        "{}: the header promises {} bytes of voxels, the file does not hold them: it is "
        "truncated or damaged",
        path, promised);
  // Reading on reaches, and checks, the end of a compressed file.
  if (file.skip(spare) == spare)
    throw DataError(
        "{}: the file goes on behind the {} bytes of voxels that its header promises; the header "
        "is damaged",
        path, promised);
  const size_t unit = bytes_of(header.component);
  if (unit > 1 && header.swapped)
    for (size_t i = 0; i < bytes.size(); i += unit)
      std::reverse(bytes.begin() + static_cast<int64_t>(i),
                   bytes.begin() + static_cast<int64_t>(i + unit));
  return bytes;
}

}  // namespace kdseg::image
