// NIfTI-1 through the library that ITK's own NIfTI reader rests on. Used directly because the
// reader above it refuses affines that are a rounding error away from perpendicular, and replaces
// them when it writes; here the affine of a scan comes back bit for bit.
#include <nifti1_io.h>
#include <znzlib.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>

#include "base/errors.h"
#include "image/formats.h"

namespace kdseg::image {
namespace {

struct Free {
  void operator()(nifti_image* image) const { nifti_image_free(image); }
};
using Nifti = std::unique_ptr<nifti_image, Free>;

struct StoredType {
  Component component;
  int code;
};
constexpr StoredType stored_types[] = {
    {Component::int8, DT_INT8},       {Component::uint8, DT_UINT8},
    {Component::int16, DT_INT16},     {Component::uint16, DT_UINT16},
    {Component::int32, DT_INT32},     {Component::uint32, DT_UINT32},
    {Component::int64, DT_INT64},     {Component::uint64, DT_UINT64},
    {Component::float32, DT_FLOAT32}, {Component::float64, DT_FLOAT64}};

void silence_library() {
  static std::once_flag once;
  std::call_once(once, [] { nifti_set_debug_level(0); });
}

Component component_of(const std::string& path, int code) {
  for (const StoredType& type : stored_types)
    if (type.code == code) return type.component;
  if (code == DT_RGB24 || code == DT_RGBA32)
    throw DataError("{}: color voxels; expected one number per voxel", path);
  throw DataError("{}: voxel type {}; expected an integer or floating-point type", path,
                  nifti_datatype_string(code));
}

int code_of(Component component) {
  for (const StoredType& type : stored_types)
    if (type.component == component) return type.code;
  return DT_FLOAT32;
}

/// NIfTI worlds are RAS: the first two rows change sign on the way to and from LPS.
std::array<double, 12> lps(const mat44& ras) {
  std::array<double, 12> out;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 4; ++column)
      out[4 * row + column] = row < 2 ? 0.0 - ras.m[row][column] : ras.m[row][column];
  return out;
}

bool spans_space(const mat44& m) {
  double determinant = 0;
  for (int i = 0; i < 3; ++i) {
    const int j = (i + 1) % 3, k = (i + 2) % 3;
    determinant += m.m[0][i] * (static_cast<double>(m.m[1][j]) * m.m[2][k] -
                                static_cast<double>(m.m[1][k]) * m.m[2][j]);
  }
  return std::isfinite(determinant) && std::abs(determinant) > 1e-9;
}

/// The sform where there is one, else the qform, else the file has no world and gets the customary
/// one: x to the left, the center of the volume at 0.
Grid grid_of(const std::string& path, const nifti_image& nim) {
  const std::array<int64_t, 3> size{nim.nx, nim.ny, nim.nz};
  if (nim.sform_code > 0 && spans_space(nim.sto_xyz))
    return grid_from_affine(path, size, lps(nim.sto_xyz));
  if (nim.qform_code > 0) return grid_from_affine(path, size, lps(nim.qto_xyz));
  std::array<double, 12> plain{};
  for (int i = 0; i < 3; ++i) {
    const double spacing = nim.pixdim[i + 1] != 0 ? std::abs(nim.pixdim[i + 1]) : 1.0;
    plain[5 * i] = i == 1 ? -spacing : spacing;
    plain[4 * i + 3] = -plain[5 * i] * 0.5 * static_cast<double>(size[i] - 1);
  }
  return grid_from_affine(path, size, plain);
}

/// Writes one row-major LPS affine into both transforms of the header.
void set_affine(nifti_image& nim, const Grid& grid) {
  mat44 ras{};
  for (int row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1.0 : 1.0;
    for (int column = 0; column < 3; ++column)
      ras.m[row][column] =
          static_cast<float>(sign * grid.direction[3 * row + column] * grid.spacing_mm[column]);
    ras.m[row][3] = static_cast<float>(sign * grid.origin_mm[row]);
  }
  ras.m[3][3] = 1.0f;
  nim.sto_xyz = ras;
  nim.sform_code = NIFTI_XFORM_SCANNER_ANAT;
  nim.qform_code = NIFTI_XFORM_SCANNER_ANAT;
  float dx, dy, dz;
  nifti_mat44_to_quatern(ras, &nim.quatern_b, &nim.quatern_c, &nim.quatern_d, &nim.qoffset_x,
                         &nim.qoffset_y, &nim.qoffset_z, &dx, &dy, &dz, &nim.qfac);
  nim.pixdim[0] = nim.qfac;
}

int64_t volumes_of(const nifti_image& nim) { return nim.ndim < 4 ? 1 : nim.nt; }

using Stream = std::unique_ptr<znzptr, void (*)(znzFile)>;

Stream open_stream(const std::string& path) {
  return Stream(znzopen(path.c_str(), "rb", nifti_is_gzfile(path.c_str())),
                [](znzFile file) { Xznzclose(&file); });
}

/// Whether a file starts with a NIfTI-1 header of sensible dimensions. Asked before the library
/// opens it, because on a bad header it prints messages that cannot be turned off.
bool starts_well(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> name(nifti_findhdrname(path.c_str()),
                                                         &std::free);
  const Stream file = open_stream(name ? name.get() : path);
  nifti_1_header header;
  if (!file || znzread(&header, 1, sizeof header, file.get()) != sizeof header) return false;
  if (header.sizeof_hdr != sizeof header) {
    nifti_swap_4bytes(1, &header.sizeof_hdr);
    if (header.sizeof_hdr != sizeof header) return false;
    nifti_swap_2bytes(8, header.dim);
    nifti_swap_2bytes(1, &header.datatype);
  }
  if (header.dim[0] < 1 || header.dim[0] > 7) return false;
  for (int i = 1; i <= header.dim[0]; ++i)
    if (header.dim[i] < 1) return false;
  return nifti_is_valid_datatype(header.datatype);
}

Nifti open_header(const std::string& path) {
  silence_library();
  Nifti nim(starts_well(path) ? nifti_image_read(path.c_str(), 0) : nullptr);
  if (!nim)
    throw DataError("{}: not a readable NIfTI-1 header (truncated, damaged or another format)",
                    path);
  if (nim->nifti_type == NIFTI_FTYPE_ANALYZE)
    throw DataError("{}: Analyze 7.5 file without orientation; convert it to NIfTI", path);
  if (nim->ndim < 3 || nim->nx < 1 || nim->ny < 1 || nim->nz < 1 || volumes_of(*nim) < 1)
    throw DataError("{}: {} dimensions of {}x{}x{} voxels; expected a 3D volume", path, nim->ndim,
                    nim->nx, nim->ny, nim->nz);
  for (int i = 5; i <= nim->ndim; ++i)
    if (nim->dim[i] > 1)
      throw DataError("{}: {} values per voxel; expected one", path, nim->dim[i]);
  component_of(path, nim->datatype);
  return nim;
}

/// The stored voxels in this machine's byte order. Read here because the library's own function
/// turns NaN into 0 and does not look at the checksum at the end of a compressed file.
std::vector<std::byte> stored_voxels(const std::string& path, const nifti_image& nim) {
  const auto unit = static_cast<size_t>(nim.nbyper);
  const double promised =
      static_cast<double>(nim.nx) * nim.ny * nim.nz * volumes_of(nim) * nim.nbyper;
  const std::string name = nim.iname ? nim.iname : path;
  require_plausible_size(name, promised);
  std::vector<std::byte> bytes(static_cast<size_t>(promised));
  const Stream file = open_stream(name);
  if (!file) throw DataError("{}: cannot be opened", name);
  const bool placed = znzseek(file.get(), nim.iname_offset, SEEK_SET) >= 0;
  const size_t read = placed ? znzread(bytes.data(), 1, bytes.size(), file.get()) : 0;
  // One byte more makes zlib reach, and check, the end of a compressed file.
  char next = 0;
  const size_t more = read == bytes.size() ? znzread(&next, 1, 1, file.get()) : 0;
  if (read != bytes.size() || more > 1)
    throw DataError(
        "{}: the header promises {} bytes of voxels, the file does not hold them: it is "
        "truncated or damaged",
        path, bytes.size());
  if (unit > 1 && nim.byteorder != nifti_short_order())
    nifti_swap_Nbytes(bytes.size() / unit, static_cast<int>(unit), bytes.data());
  return bytes;
}

}  // namespace

Decoded read_nifti(const std::string& path, Part part) {
  const Nifti nim = open_header(path);
  Decoded out;
  out.grid = grid_of(path, *nim);
  out.channels = volumes_of(*nim);
  out.component = component_of(path, nim->datatype);
  if (part == Part::header) return out;
  const bool scaled =
      nim->scl_slope != 0 && std::isfinite(nim->scl_slope) && std::isfinite(nim->scl_inter);
  const std::vector<std::byte> stored = stored_voxels(path, *nim);
  out.voxels = decode(out.component, stored.data(),
                      static_cast<size_t>(out.grid.voxel_count() * out.channels),
                      scaled ? nim->scl_slope : 1.0, scaled ? nim->scl_inter : 0.0);
  return out;
}

void encode_nifti(const std::string& path, const Encoded& volume) {
  silence_library();
  const Grid& grid = volume.grid;
  int dims[8] = {volume.channels > 1 ? 4 : 3, 0, 0, 0, static_cast<int>(volume.channels), 1, 1, 1};
  for (int i = 0; i < 3; ++i) {
    if (grid.size[i] < 1 || grid.size[i] > std::numeric_limits<int16_t>::max())
      throw RunError("{}: {} voxels along an axis; NIfTI-1 holds 1 to 32767; write .nrrd", path,
                     grid.size[i]);
    dims[i + 1] = static_cast<int>(grid.size[i]);
  }
  const Nifti nim(nifti_make_new_nim(dims, code_of(volume.component), 0));
  if (!nim) throw RunError("{}: cannot build a NIfTI header", path);
  set_affine(*nim, grid);
  for (int i = 0; i < 3; ++i) nim->pixdim[i + 1] = static_cast<float>(grid.spacing_mm[i]);
  nim->dx = nim->pixdim[1];
  nim->dy = nim->pixdim[2];
  nim->dz = nim->pixdim[3];
  nim->xyz_units = NIFTI_UNITS_MM;
  nim->scl_slope = 1.0f;
  std::strncpy(nim->descrip, volume.description.c_str(), sizeof nim->descrip - 1);
  nim->nifti_type = NIFTI_FTYPE_NIFTI1_1;
  nim->fname = strdup(path.c_str());
  nim->iname = strdup(path.c_str());
  nim->data = const_cast<std::byte*>(volume.voxels.data());
  nifti_image_write(nim.get());
  nim->data = nullptr;

  // The library does not report failed writes (a full disk), so the file is read back.
  bool whole = false;
  try {
    whole = stored_voxels(path, *open_header(path)) == volume.voxels;
  } catch (const DataError&) {
  }
  if (!whole) throw RunError("{}: could not be written whole: is the disk full?", path);
}

}  // namespace kdseg::image
