// Files of which a compressed form is as good as the plain one, read from their start.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace kdseg::image {

/// The bytes of a file, unfolded where its first bytes say gzip (also several members behind each
/// other, as parallel programs write them).
class UnfoldedFile {
 public:
  /// \throws DataError, RunError  no regular file; it cannot be read
  explicit UnfoldedFile(const std::string& path);
  ~UnfoldedFile();
  UnfoldedFile(const UnfoldedFile&) = delete;
  UnfoldedFile& operator=(const UnfoldedFile&) = delete;

  bool compressed() const { return stream_ != nullptr; }

  /// To be called before anything is read, by who knows how long the unfolded file must be: unfolds
  /// it at once, which is faster than piece by piece. \return false, and nothing is changed: the
  /// file is not compressed, is longer or shorter, has several members, or is damaged, which read()
  /// will tell
  /// \throws RunError  it cannot be read
  bool unfold_whole(uint64_t least, uint64_t most);

  /// As many bytes as there are, up to `count`.
  /// \throws DataError  a compressed file ends early, is damaged, has a wrong checksum, or goes on
  ///                    behind its last member
  size_t read(void* to, size_t count);

  /// Passes over bytes. \return how many; fewer than asked for where the file ends
  int64_t skip(int64_t count);

 private:
  struct Stream;
  struct Whole;
  size_t unfolded(void* to, size_t count);
  size_t stored(void* to, size_t count);
  void fill();
  size_t unfold(void* to, size_t count);
  bool another_member();

  std::string path_;
  int descriptor_ = -1;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Whole> whole_;  ///< after unfold_whole()
};

}  // namespace kdseg::image
