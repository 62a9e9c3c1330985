// NIfTI: headers and voxels are read by nifti_header.h, and written by the library that ITK's own
// reader rests on. ITK's reader is passed by because it refuses affines that are a rounding error
// away from perpendicular, and replaces them when it writes; here the affine of a scan comes back
// bit for bit.
#include <fmt/format.h>
#include <nifti1_io.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <mutex>

#include "base/errors.h"
#include "image/formats.h"
#include "image/nifti_header.h"

namespace kdseg::image {
namespace {

struct Free {
  void operator()(nifti_image* image) const { nifti_image_free(image); }
};
using Nifti = std::unique_ptr<nifti_image, Free>;

void silence_library() {
  static std::once_flag once;
  std::call_once(once, [] { nifti_set_debug_level(0); });
}

int code_of(Component component) {
  switch (component) {
    case Component::int8:
      return DT_INT8;
    case Component::uint8:
      return DT_UINT8;
    case Component::int16:
      return DT_INT16;
    case Component::uint16:
      return DT_UINT16;
    case Component::int32:
      return DT_INT32;
    case Component::uint32:
      return DT_UINT32;
    case Component::int64:
      return DT_INT64;
    case Component::uint64:
      return DT_UINT64;
    case Component::float32:
      return DT_FLOAT32;
    default:
      return DT_FLOAT64;
  }
}

/// NIfTI worlds are RAS: the first two rows change sign on the way to and from LPS.
std::array<double, 12> lps(std::array<double, 12> ras) {
  for (size_t i = 0; i < 8; ++i) ras[i] = 0.0 - ras[i];
  return ras;
}

/// The affine of the qform, as the library computes it.
std::array<double, 12> qform(const NiftiHeader& h) {
  const mat44 m =
      nifti_quatern_to_mat44(h.quatern[0], h.quatern[1], h.quatern[2], h.quatern[3], h.quatern[4],
                             h.quatern[5], h.pixdim[1], h.pixdim[2], h.pixdim[3], h.pixdim[0]);
  std::array<double, 12> out;
  for (size_t row = 0; row < 3; ++row)
    for (size_t column = 0; column < 4; ++column) out[4 * row + column] = m.m[row][column];
  return out;
}

bool spans_space(const std::array<double, 12>& m) {
  double determinant = 0, lengths = 1;
  for (size_t i = 0; i < 3; ++i) {
    const size_t j = (i + 1) % 3, k = (i + 2) % 3;
    determinant += m[i] * (m[4 + j] * m[8 + k] - m[4 + k] * m[8 + j]);
    lengths *= std::hypot(m[i], m[4 + i], m[8 + i]);
  }
  return lengths > 0 && std::abs(determinant) > 1e-6 * lengths;
}

/// The customary world of a file that names none: x to the left, the center of the volume at 0.
std::array<double, 12> plain(const NiftiHeader& h) {
  std::array<double, 12> out{};
  for (size_t i = 0; i < 3; ++i) {
    const double spacing = h.pixdim[i + 1];
    out[5 * i] = i == 1 ? -spacing : spacing;
    out[4 * i + 3] = -out[5 * i] * 0.5 * static_cast<double>(h.size[i] - 1);
  }
  return out;
}

/// The sform where there is one, else the qform, else the customary world.
Grid grid_of(const std::string& path, const NiftiHeader& h) {
  const bool sform = h.sform_code > 0 && spans_space(h.srow);
  if (h.sform_code > 0 && !sform && h.qform_code <= 0)
    throw DataError("{}: the axes of the sform in the header do not span space; it is damaged",
                    path);
  std::array<double, 12> affine = sform ? lps(h.srow) : h.qform_code > 0 ? lps(qform(h)) : plain(h);
  for (double& v : affine) v *= h.mm_per_unit;
  return grid_from_affine(path, h.size, affine);
}

/// What the header says against itself: a qform and an sform that place voxels more than a tenth of
/// a voxel apart. Both are affine, so they are farthest apart at a corner.
std::string contradiction_in(const NiftiHeader& h) {
  if (h.sform_code <= 0 || h.qform_code <= 0 || !spans_space(h.srow)) return {};
  constexpr double tolerance_voxels = 0.1;
  const auto other = qform(h);
  double apart = 0;
  for (int corner = 0; corner < 8; ++corner) {
    std::array<double, 3> between{};
    for (size_t row = 0; row < 3; ++row) {
      between[row] = h.srow[4 * row + 3] - other[4 * row + 3];
      for (size_t axis = 0; axis < 3; ++axis)
        if (corner >> axis & 1)
          between[row] += (h.srow[4 * row + axis] - other[4 * row + axis]) *
                          static_cast<double>(h.size[axis] - 1);
    }
    apart = std::max(apart, std::hypot(between[0], between[1], between[2]));
  }
  const double voxel = std::min({h.pixdim[1], h.pixdim[2], h.pixdim[3]});
  if (!(apart > tolerance_voxels * voxel)) return {};
  return fmt::format(
      "its qform and its sform place voxels up to {:.3g} mm apart ({:.2g} voxels); the sform is "
      "used",
      apart * h.mm_per_unit, apart / voxel);
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

}  // namespace

Decoded read_nifti(const std::string& path, Part part) {
  const NiftiHeader header = read_nifti_header(path);
  Decoded out;
  out.grid = grid_of(path, header);
  out.channels = header.volumes;
  out.component = header.component;
  out.unit_known = header.unit_known;
  out.placed = header.sform_code > 0 || header.qform_code > 0;
  out.contradiction = contradiction_in(header);
  if (part == Part::header) return out;
  const std::vector<std::byte> stored = read_nifti_voxels(path, header);
  if (part == Part::codes && header.slope == 1 && header.intercept == 0)
    if (auto codes = small_codes(out.component, stored.data(),
                                 static_cast<size_t>(out.grid.voxel_count() * out.channels))) {
      out.codes = std::move(*codes);
      return out;
    }
  out.voxels = decode(out.component, stored.data(),
                      static_cast<size_t>(out.grid.voxel_count() * out.channels), header.slope,
                      header.intercept);
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
    whole = read_nifti_voxels(path, read_nifti_header(path)) == volume.voxels;
  } catch (const DataError&) {
  }
  if (!whole) throw RunError("{}: could not be written whole: is the disk full?", path);
}

}  // namespace kdseg::image
