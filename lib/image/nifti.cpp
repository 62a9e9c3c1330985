// NIfTI-1 through the library that ITK's own NIfTI reader rests on. Used directly because the
// reader above it refuses affines that are a rounding error away from perpendicular, and replaces
// them when it writes; here the affine of a scan comes back bit for bit.
#include <nifti1_io.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>

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

/// A header on its own or, with data, the whole file.
Nifti open_nifti(const std::string& path, Part part) {
  silence_library();
  Nifti nim(nifti_image_read(path.c_str(), 0));
  if (!nim)
    throw DataError("{}: not a readable NIfTI-1 header (truncated, or another format)", path);
  if (nim->nifti_type == NIFTI_FTYPE_ANALYZE)
    throw DataError("{}: Analyze 7.5 file without orientation; convert it to NIfTI", path);
  if (nim->nx < 1 || nim->ny < 1 || nim->nz < 1 || nim->nt < 1 || nim->ndim < 3)
    throw DataError("{}: {} dimensions of {}x{}x{} voxels; expected a 3D volume", path, nim->ndim,
                    nim->nx, nim->ny, nim->nz);
  if (nim->nu > 1 || nim->nv > 1 || nim->nw > 1)
    throw DataError("{}: {} values per voxel; expected one", path,
                    int64_t{1} * nim->nu * std::max(1, nim->nv) * std::max(1, nim->nw));
  component_of(path, nim->datatype);
  const double bytes = static_cast<double>(nim->nx) * nim->ny * nim->nz * nim->nt * nim->nbyper;
  const std::string data = nim->iname ? nim->iname : path;
  require_plausible_size(data, bytes);
  if (part == Part::header) return nim;
  if (nifti_image_load(nim.get()) != 0 || nim->data == nullptr)
    throw DataError(
        "{}: voxels are missing: the header promises {:.0f} bytes; the file is "
        "truncated or damaged",
        path, bytes);
  return nim;
}

}  // namespace

Decoded read_nifti(const std::string& path, Part part) {
  const Nifti nim = open_nifti(path, part);
  Decoded out;
  out.grid = grid_of(path, *nim);
  out.channels = nim->nt;
  out.component = component_of(path, nim->datatype);
  if (part == Part::header) return out;
  const bool scaled =
      nim->scl_slope != 0 && std::isfinite(nim->scl_slope) && std::isfinite(nim->scl_inter);
  out.voxels =
      decode(out.component, nim->data, static_cast<size_t>(out.grid.voxel_count() * out.channels),
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
  const auto failed = [&path] {
    return RunError("{}: could not be written whole: disk full?", path);
  };
  Nifti back(nifti_image_read(path.c_str(), 1));
  if (!back || !back->data) throw failed();
  if (back->nvox * static_cast<size_t>(back->nbyper) != volume.voxels.size() ||
      std::memcmp(back->data, volume.voxels.data(), volume.voxels.size()) != 0)
    throw failed();
}

}  // namespace kdseg::image
