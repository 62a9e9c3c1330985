// Text headers of NRRD and MetaImage, read within bounds before their libraries see a byte.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "image/deflated.h"

namespace kdseg::image {

/// What a header says that its library passes over.
struct TextHeaderFacts {
  double mm_per_unit = 1;  ///< 1 also where the header names no unit, as is usual
  /// A segmentation of 3D Slicer: its extent may be smaller than that of the scan it belongs to.
  bool segmentation = false;
  std::optional<Deflated> deflated;  ///< where the voxels are compressed
};

/// The libraries copy lines into buffers of fixed size, take file names for print formats and
/// believe every count. What passes here has short lines, known fields of the right number of
/// finite numbers, and its voxels whole: in this file (.mha, .nrrd), or in one regular file beside
/// it (.mhd, .nhdr).
/// \throws DataError  anything else; the message names field and line
TextHeaderFacts check_meta_header(const std::string& path);
TextHeaderFacts check_nrrd_header(const std::string& path);

/// In lower case (ASCII).
std::string lower(std::string text);
/// Split at blanks and tabs.
std::vector<std::string> words_of(const std::string& text);

/// The lines of a header, one after another.
class HeaderLines {
 public:
  explicit HeaderLines(const std::string& path);

  bool more() const { return at_ < text_.size(); }
  /// Without its end. \throws DataError  too long, too many, or not text
  std::string next();
  int64_t number() const { return number_; }
  size_t position() const { return at_; }  ///< of the byte behind the last line

 private:
  std::string path_, text_;
  size_t at_ = 0;
  int64_t number_ = 0;
};

struct HeaderField {
  std::string value;
  int64_t line = 0;
};

/// The fields of one header, by lower-case name, with checks that name file and line.
class HeaderFields {
 public:
  explicit HeaderFields(std::string path) : path_(std::move(path)) {}

  void add(const std::string& name, const std::string& value, int64_t line);
  const HeaderField* find(const std::string& name) const;
  const HeaderField& need(const std::string& name) const;

  template <class... Args>
  [[noreturn]] void refuse(const std::string& name, const HeaderField& field,
                           fmt::format_string<Args...> expected, Args&&... args) const {
    throw DataError("{}:{}: {} is '{}'; expected {}", path_, field.line, name,
                    field.value.substr(0, 60), fmt::format(expected, std::forward<Args>(args)...));
  }

  int64_t integer(const std::string& name, int64_t low, int64_t high) const;
  /// Extents of `count` axes, each from 1 to 2^20.
  std::vector<int64_t> sides(const std::string& name, int64_t count) const;
  /// Nothing where the field is absent. `nan`: also words for no number.
  void check_numbers(const std::string& name, int64_t count, bool nan = false) const;
  /// Millimeters per unit in a field such as `"mm" "mm" "mm"`; nothing where it is absent or names
  /// no unit. \throws DataError  a unit that is none of length, or several of them
  std::optional<double> mm_per_unit(const std::string& name) const;
  /// The file of a detached header's voxels. \throws DataError  it is not one beside the header
  std::string data_beside(const std::string& name) const;

 private:
  std::string path_;
  std::map<std::string, HeaderField> fields_;
};

/// The longest magnitude of a number in a header: of millimeters, far beyond any scanner.
constexpr double largest_header_number = 1e9;

/// \throws DataError  not a regular file
uint64_t size_of_regular(const std::string& path);
/// \throws DataError  `stored` bytes cannot hold `promised` bytes of voxels
void require_room(const std::string& path, double promised, double stored, bool compressed);
double product(const std::vector<int64_t>& sides);

}  // namespace kdseg::image
