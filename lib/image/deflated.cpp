#include "image/deflated.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/errors.h"
#include "base/read_file.h"

namespace kdseg::image {
namespace {

constexpr double padding = 4096;  ///< bytes behind the voxels that some programs leave

class Inflating {
 public:
  Inflating(const std::string& path, double promised) : path_(path), promised_(promised) {
    constexpr int either_kind = 15 + 32;
    if (inflateInit2(&stream_, either_kind) != Z_OK) throw RunError("{}: no memory", path);
  }
  ~Inflating() { inflateEnd(&stream_); }
  Inflating(const Inflating&) = delete;
  Inflating& operator=(const Inflating&) = delete;

  void take(std::span<const std::byte> block) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(block.data()));
    stream_.avail_in = static_cast<uInt>(block.size());
    while (!ended_ && step()) {
    }
    if (stream_.avail_in > 0)
      throw DataError("{}: the file goes on behind the end of its compressed voxels", path_);
  }

  void finish() const {
    if (!ended_ || unfolded_ < promised_)
      throw DataError(
          "{}: the compressed voxels end after {:.0f} of the {:.0f} bytes that the header "
          "promises; the file is truncated or damaged",
          path_, unfolded_, promised_);
  }

 private:
  /// \return whether there may be more in this block
  bool step() {
    std::array<Bytef, 1 << 16> out;
    stream_.next_out = out.data();
    stream_.avail_out = out.size();
    const int code = inflate(&stream_, Z_NO_FLUSH);
    unfolded_ += static_cast<double>(out.size() - stream_.avail_out);
    if (unfolded_ > promised_ + padding)
      throw DataError("{}: holds more than the {:.0f} bytes of voxels that its header promises",
                      path_, promised_);
    if (code == Z_STREAM_END) {
      // Gzip files may be put behind each other.
      ended_ = unfolded_ >= promised_;
      if (!ended_) inflateReset(&stream_);
      return !ended_ && stream_.avail_in > 0;
    }
    if (code == Z_BUF_ERROR) return false;
    if (code != Z_OK)
      throw DataError("{}: the compressed voxels are damaged ({})", path_,
                      stream_.msg ? stream_.msg : "no zlib or gzip stream");
    return stream_.avail_in > 0 || stream_.avail_out == 0;
  }

  const std::string& path_;
  z_stream stream_{};
  double promised_, unfolded_ = 0;
  bool ended_ = false;
};

}  // namespace

void require_whole(const std::string& path, const Deflated& voxels) {
  Inflating stream(path, voxels.promised);
  uint64_t at = 0;
  const uint64_t end = voxels.begin + voxels.bytes;
  read_blocks(voxels.file, [&](std::span<const std::byte> block) {
    const uint64_t first = std::clamp(voxels.begin, at, at + block.size()) - at;
    const uint64_t last = std::clamp(end, at, at + block.size()) - at;
    at += block.size();
    if (first < last) stream.take(block.subspan(first, last - first));
  });
  stream.finish();
}

}  // namespace kdseg::image
