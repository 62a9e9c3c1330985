#include "image/unfolded.h"

#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/errors.h"
#include "base/read_file.h"

namespace kdseg::image {

struct UnfoldedFile::Stream {
  z_stream state{};
  std::vector<Bytef> input = std::vector<Bytef>(1 << 17);
  bool ended = false;

  ~Stream() { inflateEnd(&state); }
  bool at_a_member() const { return state.next_in[0] == 0x1f && state.next_in[1] == 0x8b; }
};

struct UnfoldedFile::Whole {
  std::unique_ptr<std::byte[]> bytes;
  size_t size = 0, passed = 0;
};

UnfoldedFile::UnfoldedFile(const std::string& path) : path_(path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw_unreadable(path, errno);
  // Opening a pipe or a device could wait for ever.
  if (!S_ISREG(status.st_mode)) throw DataError("{}: not a file", path);
  const auto start = read_part(path, 0, 2);
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) throw_unreadable(path, errno);
  if (start.size() < 2 || start[0] != std::byte{0x1f} || start[1] != std::byte{0x8b}) return;
  stream_ = std::make_unique<Stream>();
  constexpr int gzip_alone = 15 + 16;
  if (inflateInit2(&stream_->state, gzip_alone) != Z_OK) throw std::bad_alloc();
}

UnfoldedFile::~UnfoldedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

size_t UnfoldedFile::stored(void* to, size_t count) {
  size_t done = 0;
  while (done < count) {
    const ssize_t n = ::read(descriptor_, static_cast<char*>(to) + done, count - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_unreadable(path_, errno);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

/// Appends to what is left of the input.
void UnfoldedFile::fill() {
  auto& [state, input, ended] = *stream_;
  std::copy_n(state.next_in, state.avail_in, input.data());
  state.next_in = input.data();
  state.avail_in +=
      static_cast<uInt>(stored(input.data() + state.avail_in, input.size() - state.avail_in));
}

/// Behind a member. \return whether another one begins; false: the file ends
bool UnfoldedFile::another_member() {
  auto& state = stream_->state;
  if (state.avail_in < 2) fill();
  if (state.avail_in == 0) return false;
  if (state.avail_in < 2 || !stream_->at_a_member())
    throw DataError(
        "{}: the file goes on behind the end of its compressed data; it is damaged, or something "
        "was added to it",
        path_);
  inflateReset(&state);
  return true;
}

size_t UnfoldedFile::unfold(void* to, size_t count) {
  auto& state = stream_->state;
  size_t done = 0;
  while (done < count && !stream_->ended) {
    if (state.avail_in == 0) fill();
    const auto part = static_cast<uInt>(std::min<size_t>(count - done, 1u << 30));
    state.next_out = static_cast<Bytef*>(to) + done;
    state.avail_out = part;
    const int code = inflate(&state, Z_NO_FLUSH);
    done += part - state.avail_out;
    if (code == Z_STREAM_END) {
      stream_->ended = !another_member();
    } else if (code != Z_OK) {
      const char* reason = state.msg             ? state.msg
                           : code == Z_BUF_ERROR ? "unexpected end of file"
                                                 : "no gzip stream";
      throw DataError("{}: the compressed file is truncated or damaged ({})", path_, reason);
    }
  }
  return done;
}

bool UnfoldedFile::unfold_whole(uint64_t least, uint64_t most) {
  // Larger ones come in pieces: of a damaged file nobody knows what it holds, and its header may
  // ask for any amount of memory.
  constexpr uint64_t largest = uint64_t{1} << 30;
  constexpr size_t trailer = 8, length_bytes = 4;
  if (!stream_ || most > largest) return false;
  const auto stored = read_part(path_, 0, most + (most >> 3) + 4096);
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) throw_unreadable(path_, errno);
  if (stored.size() < trailer || stored.size() != static_cast<uint64_t>(status.st_size))
    return false;
  uint64_t length = 0;  // of the last member, as the file ends by saying
  for (size_t i = 1; i <= length_bytes; ++i)
    length = length << 8 | std::to_integer<uint64_t>(stored[stored.size() - i]);
  if (length < least || length > most) return false;
  struct Free {
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
  };
  const std::unique_ptr<libdeflate_decompressor, Free> inflater(libdeflate_alloc_decompressor());
  if (!inflater) throw std::bad_alloc();
  auto whole = std::make_unique<Whole>();
  whole->bytes = std::make_unique_for_overwrite<std::byte[]>(length);
  size_t read = 0;
  // Checks the checksum and the length.
  const auto result =
      libdeflate_gzip_decompress_ex(inflater.get(), stored.data(), stored.size(),
                                    whole->bytes.get(), length, &read, &whole->size);
  if (result != LIBDEFLATE_SUCCESS || read != stored.size() || whole->size != length) return false;
  whole_ = std::move(whole);
  return true;
}

size_t UnfoldedFile::unfolded(void* to, size_t count) {
  const size_t part = std::min(count, whole_->size - whole_->passed);
  std::memcpy(to, whole_->bytes.get() + whole_->passed, part);
  whole_->passed += part;
  return part;
}

size_t UnfoldedFile::read(void* to, size_t count) {
  if (whole_) return unfolded(to, count);
  return stream_ ? unfold(to, count) : stored(to, count);
}

int64_t UnfoldedFile::skip(int64_t count) {
  std::array<char, 1 << 15> passed;
  int64_t done = 0;
  while (done < count) {
    const auto part = std::min<int64_t>(count - done, passed.size());
    const auto got = static_cast<int64_t>(read(passed.data(), static_cast<size_t>(part)));
    done += got;
    if (got < part) break;
  }
  return done;
}

}  // namespace kdseg::image
