#include "image/dicom_data_set.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::image {
namespace {

constexpr uint32_t undefined_length = 0xffffffff;
constexpr DicomTag item = 0xfffee000, item_end = 0xfffee00d, sequence_end = 0xfffee0dd;
constexpr DicomTag pixel_data = 0x7fe00010, float_pixels = 0x7fe00008, double_pixels = 0x7fe00009;
constexpr int deepest = 16;
constexpr uint32_t longest_value = 1 << 16;

/// Sequences that are looked into; all others are passed over.
const std::set<DicomTag>& known_sequences() {
  using namespace dicom;
  static const std::set<DicomTag> all{shared_groups,     frame_groups,   plane_position,
                                      plane_orientation, pixel_measures, pixel_values,
                                      frame_content,     value_table};
  return all;
}

/// Elements that are kept.
const std::set<DicomTag>& known_values() {
  static const std::set<DicomTag> all{0x00020002, 0x00020010, 0x00080008, 0x00080016, 0x00080032,
                                      0x00180081, 0x0020000e, 0x00200032, 0x00200037, 0x00200100,
                                      0x00201002, 0x00201209, 0x00209128, 0x00280002, 0x00280004,
                                      0x00280008, 0x00280010, 0x00280011, 0x00280030, 0x00280100,
                                      0x00281052, 0x00281053, 0x00540081, 0x20011018, 0x0021104f};
  return all;
}

/// A file read forwards; every length is checked against what is left.
class Parser {
 public:
  explicit Parser(const std::string& path) : path_(path), in_(path, std::ios::binary) {
    in_.seekg(0, std::ios::end);
    const auto end = in_.tellg();
    if (!in_ || end < 0) throw DataError("{}: cannot be read", path);
    size_ = static_cast<uint64_t>(end);
    seek(0);
  }

  DicomItems data_set() {
    DicomItems all;
    start(all);
    read_elements(all, size_, 0, false);
    return all;
  }

  const DicomPixels& pixels() const { return pixels_; }

 private:
  struct Element {
    DicomTag tag = 0;
    std::string type;  ///< empty: the data set does not say
    uint32_t length = 0;
  };

  [[noreturn]] void damaged(const std::string& what) const {
    throw DataError("{}: {} at byte {}: the DICOM file is cut short or damaged", path_, what, at_);
  }

  void seek(uint64_t to) {
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(to));
    at_ = to;
  }

  std::string bytes(uint64_t count, const char* what) {
    if (count > size_ - at_) damaged(fmt::format("{} leads out of the file", what));
    std::string out(count, '\0');
    in_.read(out.data(), static_cast<std::streamsize>(count));
    if (static_cast<uint64_t>(in_.gcount()) != count)
      throw DataError("{}: cannot be read at byte {}", path_, at_);
    at_ += count;
    return out;
  }

  uint32_t number(size_t length) {
    const std::string raw = bytes(length, "a number");
    uint32_t value = 0;
    for (size_t i = 0; i < length; ++i) {
      const auto byte = static_cast<unsigned char>(raw[big_ ? length - 1 - i : i]);
      value |= static_cast<uint32_t>(byte) << (8 * i);
    }
    return value;
  }

  DicomTag tag() {
    const uint32_t group = number(2);
    return group << 16 | number(2);
  }

  /// Preamble and file meta information, which is always explicit little-endian.
  void start(DicomItems& all) {
    if (size_ >= 132) {
      seek(128);
      if (bytes(4, "the mark") != "DICM") seek(0);
    }
    std::string syntax;
    while (size_ - at_ >= 8) {
      const uint64_t begin = at_;
      explicit_ = true;
      if (number(2) != 2) {
        seek(begin);
        break;
      }
      seek(begin);
      const Element element = header();
      if (element.length == undefined_length) damaged("an endless element");
      keep(element, all);
    }
    if (const auto found = all.values.find(0x00020010); found != all.values.end())
      syntax = found->second;
    if (syntax.empty()) {
      guess_encoding();
    } else if (syntax == "1.2.840.10008.1.2") {
      explicit_ = false;
    } else if (syntax == "1.2.840.10008.1.2.2") {
      big_ = true;
    } else if (syntax == "1.2.840.10008.1.2.1.99") {
      throw DataError("{}: a deflated DICOM file; save it uncompressed first", path_);
    } else if (syntax != "1.2.840.10008.1.2.1") {
      pixels_.plain = false;
    }
  }

  /// Without meta information: the type of the first element is there, or is not.
  void guess_encoding() {
    const uint64_t begin = at_;
    if (size_ - begin < 8) damaged("no data set");
    const DicomTag first = tag();
    const std::string type = bytes(2, "the first element");
    seek(begin);
    const uint32_t group = first >> 16;
    if (group == 0 || group > 0x0028) throw DataError("{}: not a DICOM file", path_);
    explicit_ = std::isupper(static_cast<unsigned char>(type[0])) != 0 &&
                std::isupper(static_cast<unsigned char>(type[1])) != 0;
  }

  Element header() {
    Element element;
    element.tag = tag();
    if (element.tag >> 16 == 0xfffe || !explicit_) {
      element.length = number(4);
      return element;
    }
    element.type = bytes(2, "a type");
    for (const char c : element.type)
      if (c < 'A' || c > 'Z') damaged("no type of an element");
    static const std::set<std::string> wide{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                            "SV", "UC", "UN", "UR", "UT", "UV"};
    if (wide.contains(element.type)) {
      bytes(2, "an element");
      element.length = number(4);
    } else {
      element.length = number(2);
    }
    return element;
  }

  /// Reads a value that is wanted, passes over any other.
  void keep(const Element& element, DicomItems& to) {
    if (element.length > size_ - at_)
      damaged(fmt::format("element {:04x},{:04x} leads out of the file", element.tag >> 16,
                          element.tag & 0xffff));
    if (!known_values().contains(element.tag) || element.length > longest_value) {
      seek(at_ + element.length);
      return;
    }
    const std::string raw = bytes(element.length, "an element");
    to.values[element.tag] = text_of(element, raw);
  }

  /// Binary numbers as text, like those that are text.
  std::string text_of(const Element& element, const std::string& raw) const {
    static const std::set<DicomTag> shorts{0x00280002, 0x00280010, 0x00280011, 0x00280100,
                                           0x00540081};
    const bool is_short = element.type == "US" || element.type == "SS" ||
                          (element.type.empty() && shorts.contains(element.tag));
    const bool is_long = element.type == "UL" || element.type == "SL" ||
                         (element.type.empty() && element.tag == 0x00209128);
    if ((is_short && raw.size() >= 2) || (is_long && raw.size() >= 4)) {
      uint32_t value = 0;
      const size_t length = is_short ? 2 : 4;
      for (size_t i = 0; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(raw[big_ ? length - 1 - i : i]);
        value |= static_cast<uint32_t>(byte) << (8 * i);
      }
      return std::to_string(value);
    }
    std::string text = raw;
    while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
    return trim(text);
  }

  void read_elements(DicomItems& to, uint64_t end, int depth, bool delimited) {
    if (depth > deepest) damaged("sequences nested too deep");
    while (at_ < end) {
      if (end - at_ < 8) damaged("a cut element");
      const Element element = header();
      if (element.tag == item_end) {
        if (!delimited) damaged("an item's end without its item");
        return;
      }
      if (element.tag == pixel_data || element.tag == float_pixels ||
          element.tag == double_pixels) {
        if (depth == 0) {
          take_pixels(element);
          return;
        }
      }
      if (element.type == "SQ" || element.length == undefined_length ||
          known_sequences().contains(element.tag)) {
        read_sequence(element, to, end, depth);
      } else {
        if (element.length > end - at_)
          damaged(fmt::format("element {:04x},{:04x} leads out of its item", element.tag >> 16,
                              element.tag & 0xffff));
        keep(element, to);
      }
    }
    if (delimited) damaged("an item without end");
  }

  void read_sequence(const Element& element, DicomItems& to, uint64_t limit, int depth) {
    if (depth + 1 > deepest) damaged("sequences nested too deep");
    const bool endless = element.length == undefined_length;
    if (!endless && element.length > limit - at_)
      damaged(fmt::format("sequence {:04x},{:04x} leads out of its item", element.tag >> 16,
                          element.tag & 0xffff));
    const uint64_t end = endless ? limit : at_ + element.length;
    const bool wanted = known_sequences().contains(element.tag);
    if (!wanted && !endless) {
      seek(end);
      return;
    }
    // DicomItems of unknown type (UN) with undefined length are implicit little-endian
    // (PS3.5 6.2.2).
    const bool was_explicit = explicit_;
    if (element.type == "UN") explicit_ = false;
    while (at_ < end) {
      if (end - at_ < 8) damaged("a cut sequence");
      const Element next = header();
      if (next.tag == sequence_end) {
        if (!endless) damaged("a sequence's end without its beginning");
        explicit_ = was_explicit;
        return;
      }
      if (next.tag != item) damaged("no item in a sequence");
      const bool open = next.length == undefined_length;
      if (!open && next.length > end - at_) damaged("an item leads out of its sequence");
      DicomItems items;
      read_elements(items, open ? end : at_ + next.length, depth + 1, open);
      if (wanted) to.sequences[element.tag].push_back(std::move(items));
    }
    explicit_ = was_explicit;
    if (endless) damaged("a sequence without end");
  }

  void take_pixels(const Element& element) {
    pixels_.found = true;
    if (element.length == undefined_length) {
      pixels_.plain = false;
      pixels_.bytes = size_ - at_;
      check_fragments();
    } else {
      if (element.length > size_ - at_)
        throw DataError("{}: {} bytes of pixels are missing; the file is truncated", path_,
                        element.length - (size_ - at_));
      pixels_.bytes = element.length;
    }
  }

  /// Compressed pixels are items, the first one a table of places, and have an end.
  void check_fragments() {
    for (;;) {
      if (size_ - at_ < 8) damaged("compressed pixels without end");
      const Element next = header();
      if (next.tag == sequence_end) return;
      if (next.tag != item || next.length > size_ - at_)
        damaged("a cut piece of compressed pixels");
      seek(at_ + next.length);
    }
  }

  std::string path_;
  std::ifstream in_;
  uint64_t size_ = 0, at_ = 0;
  bool explicit_ = true, big_ = false;
  DicomPixels pixels_;
};

}  // namespace

DicomDataSet read_dicom_data_set(const std::string& path) {
  Parser parser(path);
  DicomDataSet out;
  out.items = parser.data_set();
  out.pixels = parser.pixels();
  return out;
}

}  // namespace kdseg::image
