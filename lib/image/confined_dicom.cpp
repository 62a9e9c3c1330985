// DICOM in a child process: it is too rich to be checked beforehand, and on some damaged files its
// library stops the process.
#include <filesystem>

#include "base/read_file.h"
#include "image/decoded_wire.h"
#include "image/itk_io.h"

namespace kdseg::image {
namespace {

namespace fs = std::filesystem;

/// Of a file, or of those right below a folder.
uint64_t bytes_of_all(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return fs::file_size(path, error);
  uint64_t bytes = 0;
  for (const auto& name : names_in(path))
    if (const auto size = fs::file_size(fs::path(path) / name, error); !error) bytes += size;
  return bytes;
}

Decoded read_here(const std::string& path, Part part) {
  std::error_code error;
  if (fs::is_directory(path, error)) return read_dicom_series(path, part);
  if (is_dicom_file(path)) return read_dicom_file(path, part);
  throw DataError(
      "{}: unknown scan format; known: .nii .nii.gz .nrrd .nhdr .mha .mhd, DICOM files and folders",
      path);
}

}  // namespace

Decoded read_dicom(const std::string& path, Part part) {
  // Compressed pixels unfold a few hundred times at most.
  constexpr uint64_t largest_inflation = 256;
  const ItkTurn turn;
  return read_confined<Decoded>(
      path, confinement_for(bytes_of_all(path), largest_inflation),
      [&] {
        ItkTurn::is_held_by_the_parent();
        return read_here(path, part);
      },
      send_decoded, receive_decoded);
}

}  // namespace kdseg::image
