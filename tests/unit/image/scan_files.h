// Scan files built byte by byte, so that the tests do not trust the code they test.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "unit/folder.h"

namespace kdseg::test {

/// Keeps the first `part` of a file.
inline void truncate(const std::string& path, double part) {
  const std::string bytes = slurp(path);
  spill(path, bytes.substr(0, static_cast<size_t>(part * static_cast<double>(bytes.size()))));
}

template <class T>
void put(std::string& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <class T>
T get(const std::string& bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// The fields of a NIfTI-1 header that matter here; byte places as in the standard.
struct NiftiHeader {
  std::vector<int16_t> dim{3, 2, 3, 4};
  int16_t datatype = 4, bits = 16;  // int16
  std::array<float, 4> pixdim{1, 1, 1, 1};
  float slope = 0, intercept = 0;
  int16_t qform_code = 0, sform_code = 1;
  std::array<float, 6> quatern{};  // b c d, offset x y z
  std::array<float, 12> srow{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0};

  std::string bytes() const {
    std::string out(352, '\0');
    put<int32_t>(out, 0, 348);
    for (size_t i = 0; i < 8; ++i) put<int16_t>(out, 40 + 2 * i, i < dim.size() ? dim[i] : 1);
    put(out, 70, datatype);
    put(out, 72, bits);
    for (size_t i = 0; i < 4; ++i) put(out, 76 + 4 * i, pixdim[i]);
    put<float>(out, 108, 352);
    put(out, 112, slope);
    put(out, 116, intercept);
    put<char>(out, 123, 2);  // mm
    put(out, 252, qform_code);
    put(out, 254, sform_code);
    for (size_t i = 0; i < 6; ++i) put(out, 256 + 4 * i, quatern[i]);
    for (size_t i = 0; i < 12; ++i) put(out, 280 + 4 * i, srow[i]);
    std::memcpy(out.data() + 344, "n+1", 4);
    return out;
  }
};

template <class T>
void write_nifti(const std::string& path, const NiftiHeader& header, const std::vector<T>& voxels) {
  std::string bytes = header.bytes();
  bytes.append(reinterpret_cast<const char*>(voxels.data()), voxels.size() * sizeof(T));
  spill(path, bytes);
}

}  // namespace kdseg::test
