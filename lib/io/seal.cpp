#include "io/seal.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "base/read_file.h"
#include "base/sha256.h"

namespace kdseg::io {
namespace {

constexpr std::string_view mark = "kdseal1\n";
constexpr size_t mark_bytes = 8, length_bytes = 8, hash_bytes = 32;
static_assert(mark.size() == mark_bytes && mark_bytes + length_bytes + hash_bytes == seal_bytes);

constexpr size_t superblock_bytes = 48;

uint64_t little_endian(std::span<const std::byte> bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | std::to_integer<uint64_t>(bytes[i]);
  return value;
}

}  // namespace

std::array<std::byte, seal_bytes> make_seal(std::span<const std::byte> metadata) {
  std::array<std::byte, seal_bytes> seal{};
  std::memcpy(seal.data(), mark.data(), mark_bytes);
  for (size_t i = 0; i < length_bytes; ++i)
    seal[mark_bytes + i] = static_cast<std::byte>(metadata.size() >> (8 * i));
  Sha256 hash;
  hash.add(metadata);
  const auto digest = hash.bytes();
  std::copy(digest.begin(), digest.end(), seal.begin() + mark_bytes + length_bytes);
  return seal;
}

uint64_t hdf5_end(std::span<const std::byte> start) {
  constexpr size_t version_at = 8, end_at = 28;
  if (start.size() < superblock_bytes) return 0;
  const auto version = std::to_integer<int>(start[version_at]);
  return version == 2 || version == 3 ? little_endian(start.subspan(end_at, 8)) : 0;
}

bool check_seal(const std::string& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error) throw_unreadable(path, error.value());
  const uint64_t content = hdf5_end(read_part(path, 0, superblock_bytes));
  if (content == 0 || content >= size) return false;  // whether it is cut off HDF5 will tell
  const auto damaged = [&] { return DataError("{}: truncated or damaged HDF5 file", path); };
  if (size - content != seal_bytes) throw damaged();
  const auto seal = read_part(path, content, seal_bytes);
  if (seal.size() != seal_bytes) throw damaged();
  const uint64_t length = little_endian(std::span(seal).subspan(mark_bytes, length_bytes));
  if (length > content) throw damaged();
  const auto expected = make_seal(read_part(path, 0, length));
  if (!std::equal(seal.begin(), seal.end(), expected.begin())) throw damaged();
  return true;
}

}  // namespace kdseg::io
