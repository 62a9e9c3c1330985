#include "image/header_check.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "base/read_file.h"
#include "base/text.h"
#include "image/formats.h"

namespace kdseg::image {
namespace {

namespace fs = std::filesystem;

constexpr size_t longest_line = 480;  ///< both libraries have buffers of 500 bytes and more
constexpr size_t longest_text = 250;  ///< MetaIO keeps named texts in 255 bytes
constexpr size_t longest_header = 1 << 20;
constexpr size_t longest_pair = 1 << 16;  ///< NRRD's key:=value, which segmentations use for names
constexpr size_t most_lines = 4096;
constexpr int64_t longest_side = 1 << 20;
constexpr double largest_number = 1e9;  ///< of millimeters, far beyond any scanner

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

struct Field {
  std::string value;
  int64_t line = 0;
};

/// The lines of a header, one after another.
class Lines {
 public:
  explicit Lines(const std::string& path) : path_(path) {
    const auto bytes = read_part(path, 0, longest_header);
    text_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  bool more() const { return at_ < text_.size(); }

  /// Without its end. \throws DataError  too long, too many, or not text
  std::string next() {
    if (++number_ > static_cast<int64_t>(most_lines))
      throw DataError("{}: more than {} lines in its header", path_, most_lines);
    const size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string line = text_.substr(at_, end - at_);
    at_ = std::min(end + 1, text_.size());
    if (line.ends_with('\r')) line.pop_back();
    const size_t bound = line.find(":=") != std::string::npos ? longest_pair : longest_line;
    if (line.size() > bound)
      throw DataError("{}:{}: a line of {} bytes in its header; expected at most {}", path_,
                      number_, line.size(), bound);
    for (const unsigned char c : line)
      if (c < 32 && c != '\t')
        throw DataError("{}:{}: a control character in its header; it is damaged", path_, number_);
    return line;
  }

  int64_t number() const { return number_; }
  size_t position() const { return at_; }  ///< of the byte behind the last line

 private:
  const std::string& path_;
  std::string text_;
  size_t at_ = 0;
  int64_t number_ = 0;
};

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + ' ') {
    if (c != ' ' && c != '\t') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

/// The fields of one header, by lower-case name, with checks that name file and line.
class Header {
 public:
  explicit Header(const std::string& path) : path_(path) {}

  void add(const std::string& name, const std::string& value, int64_t line) {
    if (!fields_.emplace(name, Field{value, line}).second)
      throw DataError("{}:{}: {} is given twice", path_, line, name);
  }

  const Field* find(const std::string& name) const {
    const auto at = fields_.find(name);
    return at == fields_.end() ? nullptr : &at->second;
  }

  const Field& need(const std::string& name) const {
    if (const Field* field = find(name)) return *field;
    throw DataError("{}: its header has no {}; it is damaged", path_, name);
  }

  template <class... Args>
  [[noreturn]] void refuse(const std::string& name, const Field& field,
                           fmt::format_string<Args...> expected, Args&&... args) const {
    throw DataError("{}:{}: {} is '{}'; expected {}", path_, field.line, name,
                    field.value.substr(0, 60), fmt::format(expected, std::forward<Args>(args)...));
  }

  int64_t integer(const std::string& name, int64_t low, int64_t high) const {
    const Field& field = need(name);
    const auto value = parse_integer(trim(field.value));
    if (!value || *value < low || *value > high)
      refuse(name, field, "a whole number from {} to {}", low, high);
    return *value;
  }

  std::vector<int64_t> sides(const std::string& name, int64_t count) const {
    const Field& field = need(name);
    std::vector<int64_t> all;
    for (const auto& word : words_of(field.value)) {
      const auto value = parse_integer(word);
      if (!value || *value < 1 || *value > longest_side) {
        all.clear();
        break;
      }
      all.push_back(*value);
    }
    if (static_cast<int64_t>(all.size()) != count)
      refuse(name, field, "{} whole numbers from 1 to {}", count, longest_side);
    return all;
  }

  /// Nothing where the field is absent. `nan`: also words for no number.
  void check_numbers(const std::string& name, int64_t count, bool nan = false) const {
    const Field* field = find(name);
    if (!field) return;
    int64_t found = 0;
    for (const auto& word : words_of(field->value)) {
      const bool none = nan && (lower(word) == "nan" || lower(word) == "none" || word == "???");
      const auto value = parse_number(word);
      if (!none && (!value || !std::isfinite(*value) || std::abs(*value) > largest_number)) {
        found = -1;
        break;
      }
      ++found;
    }
    if (found != count) refuse(name, *field, "{} finite numbers", count);
  }

 private:
  const std::string& path_;
  std::map<std::string, Field> fields_;
};

uint64_t size_of_regular(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw_unreadable(path, errno);
  if (!S_ISREG(status.st_mode)) throw DataError("{}: not a regular file", path);
  return static_cast<uint64_t>(status.st_size);
}

/// The file of a detached header's voxels. \throws DataError  it is not one beside the header
std::string data_beside(const std::string& path, const Header& header, const std::string& field) {
  const Field& name = header.need(field);
  const std::string file = trim(name.value);
  const bool plain = !file.empty() && file.find_first_of("/\\%*?") == std::string::npos &&
                     !file.starts_with('.') && lower(file) != "list" && !file.starts_with("LIST ");
  if (!plain)
    header.refuse(field, name, "the name of one file in the header's folder, without folders");
  const auto beside = (fs::path(path).parent_path() / file).string();
  std::error_code error;
  if (!fs::exists(beside, error)) throw DataError("{}: its voxels are missing: {}", path, beside);
  return beside;
}

/// Whether `stored` bytes can hold `promised` bytes of voxels.
void require_room(const std::string& path, double promised, double stored, bool compressed) {
  if (compressed ? promised > 1040.0 * stored + 4096 : promised > stored)
    throw DataError(
        "{}: {:.0f} bytes cannot hold the {:.0f} bytes of voxels that the header promises; the "
        "file is truncated or damaged",
        path, stored, promised);
}

double product(const std::vector<int64_t>& sides) {
  double all = 1;
  for (const int64_t side : sides) all *= static_cast<double>(side);
  return all;
}

std::optional<int> meta_type_bytes(const std::string& word) {
  static const std::map<std::string, int> bytes{
      {"MET_CHAR", 1},  {"MET_UCHAR", 1},  {"MET_SHORT", 2},     {"MET_USHORT", 2},
      {"MET_INT", 4},   {"MET_UINT", 4},   {"MET_LONG", 4},      {"MET_ULONG", 4},
      {"MET_FLOAT", 4}, {"MET_DOUBLE", 8}, {"MET_LONG_LONG", 8}, {"MET_ULONG_LONG", 8}};
  const auto at = bytes.find(word);
  return at == bytes.end() ? std::nullopt : std::optional(at->second);
}

std::optional<int> nrrd_type_bytes(const std::string& word) {
  static const std::map<std::string, int> bytes{{"signed char", 1},
                                                {"int8", 1},
                                                {"int8_t", 1},
                                                {"uchar", 1},
                                                {"unsigned char", 1},
                                                {"uint8", 1},
                                                {"uint8_t", 1},
                                                {"short", 2},
                                                {"short int", 2},
                                                {"signed short", 2},
                                                {"signed short int", 2},
                                                {"int16", 2},
                                                {"int16_t", 2},
                                                {"ushort", 2},
                                                {"unsigned short", 2},
                                                {"unsigned short int", 2},
                                                {"uint16", 2},
                                                {"uint16_t", 2},
                                                {"int", 4},
                                                {"signed int", 4},
                                                {"int32", 4},
                                                {"int32_t", 4},
                                                {"uint", 4},
                                                {"unsigned int", 4},
                                                {"uint32", 4},
                                                {"uint32_t", 4},
                                                {"longlong", 8},
                                                {"long long", 8},
                                                {"long long int", 8},
                                                {"signed long long", 8},
                                                {"signed long long int", 8},
                                                {"int64", 8},
                                                {"int64_t", 8},
                                                {"ulonglong", 8},
                                                {"unsigned long long", 8},
                                                {"unsigned long long int", 8},
                                                {"uint64", 8},
                                                {"uint64_t", 8},
                                                {"float", 4},
                                                {"double", 8}};
  const auto at = bytes.find(word);
  return at == bytes.end() ? std::nullopt : std::optional(at->second);
}

bool truth(const Header& header, const std::string& name, bool otherwise) {
  const Field* field = header.find(name);
  if (!field) return otherwise;
  const std::string word = lower(trim(field->value));
  if (word == "true" || word == "1" || word == "t") return true;
  if (word == "false" || word == "0" || word == "f") return false;
  header.refuse(name, *field, "True or False");
}

/// Where the voxels begin, and the numbers of a MetaImage header.
Header parse_meta(const std::string& path, Lines& lines) {
  // Everything else of MetaIO's own is copied as text.
  const std::vector<std::string> lists{
      "dimsize", "elementspacing", "elementsize",     "offset",      "position",
      "origin",  "rotation",       "transformmatrix", "orientation", "centerofrotation"};
  Header header(path);
  while (lines.more()) {
    const std::string line = lines.next();
    if (trim(line).empty()) continue;
    const size_t equals = line.find('=');
    if (equals == std::string::npos || equals == 0)
      throw DataError("{}:{}: '{}' in its header; expected Field = value", path, lines.number(),
                      line.substr(0, 40));
    const std::string name = lower(trim(line.substr(0, equals)));
    const std::string value = trim(line.substr(equals + 1));
    const bool list = std::find(lists.begin(), lists.end(), name) != lists.end();
    if (!list && value.size() > longest_text)
      throw DataError("{}:{}: {} holds {} bytes; expected at most {}", path, lines.number(), name,
                      value.size(), longest_text);
    header.add(name, value, lines.number());
    if (name == "elementdatafile") return header;
  }
  throw DataError("{}: its header has no ElementDataFile; it is truncated or damaged", path);
}

/// Splits "(1,2,3) none (4,5,6)" into its vectors; nullopt where the syntax is another.
std::optional<std::vector<std::vector<double>>> vectors_of(const std::string& text) {
  std::vector<std::vector<double>> all;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
    } else if (text.compare(at, 4, "none") == 0) {
      all.emplace_back();
      at += 4;
    } else {
      const size_t end = text.find(')', at);
      if (text[at] != '(' || end == std::string::npos) return std::nullopt;
      auto& vector = all.emplace_back();
      for (const auto& part : split(text.substr(at + 1, end - at - 1), ',')) {
        const auto value = parse_number(trim(part));
        if (!value || !std::isfinite(*value) || std::abs(*value) > largest_number)
          return std::nullopt;
        vector.push_back(*value);
      }
      at = end + 1;
    }
  }
  return all;
}

void check_vectors(const Header& header, const std::string& name, size_t count) {
  const Field* field = header.find(name);
  if (!field) return;
  const auto vectors = vectors_of(field->value);
  const bool good = vectors && vectors->size() == count &&
                    std::all_of(vectors->begin(), vectors->end(),
                                [](const auto& v) { return v.empty() || v.size() == 3; });
  if (!good) header.refuse(name, *field, "{} vectors of 3 finite numbers, or none", count);
}

Header parse_nrrd(const std::string& path, Lines& lines) {
  static const std::vector<std::string> known{"content",
                                              "type",
                                              "dimension",
                                              "space",
                                              "space dimension",
                                              "sizes",
                                              "spacings",
                                              "thicknesses",
                                              "axis mins",
                                              "axismins",
                                              "axis maxs",
                                              "axismaxs",
                                              "centers",
                                              "centerings",
                                              "labels",
                                              "units",
                                              "kinds",
                                              "min",
                                              "max",
                                              "old min",
                                              "oldmin",
                                              "old max",
                                              "oldmax",
                                              "endian",
                                              "encoding",
                                              "line skip",
                                              "lineskip",
                                              "byte skip",
                                              "byteskip",
                                              "sample units",
                                              "sampleunits",
                                              "space units",
                                              "space origin",
                                              "space directions",
                                              "measurement frame",
                                              "data file",
                                              "datafile",
                                              "number"};
  Header header(path);
  const std::string magic = lines.more() ? lines.next() : "";
  if (magic.size() != 8 || !magic.starts_with("NRRD000") || magic[7] < '1' || magic[7] > '5')
    throw DataError("{}: does not start with NRRD0001 to NRRD0005", path);
  while (lines.more()) {
    const std::string line = lines.next();
    if (line.empty()) return header;
    if (line.starts_with('#') || line.find(":=") != std::string::npos) continue;
    const size_t colon = line.find(": ");
    const std::string name = lower(trim(line.substr(0, colon)));
    if (colon == std::string::npos || std::find(known.begin(), known.end(), name) == known.end())
      throw DataError("{}:{}: '{}' in its header is no field that is known", path, lines.number(),
                      line.substr(0, 40));
    std::string plain = name;  // some fields may be written as one word
    if (name == "datafile" || name == "lineskip" || name == "byteskip") plain.insert(4, " ");
    header.add(plain, trim(line.substr(colon + 2)), lines.number());
  }
  return header;  // a detached header needs no blank line
}

}  // namespace

void check_meta_header(const std::string& path) {
  const uint64_t bytes = size_of_regular(path);
  Lines lines(path);
  const Header header = parse_meta(path, lines);
  if (const Field* type = header.find("objecttype"); type && lower(type->value) != "image")
    header.refuse("objecttype", *type, "Image");
  const int64_t dimensions = header.integer("ndims", 1, 4);
  const auto sides = header.sides("dimsize", dimensions);
  for (const char* name :
       {"elementspacing", "elementsize", "offset", "position", "origin", "centerofrotation"})
    header.check_numbers(name, dimensions);
  for (const char* name : {"rotation", "transformmatrix", "orientation"})
    header.check_numbers(name, dimensions * dimensions);
  const Field& type = header.need("elementtype");
  const auto unit = meta_type_bytes(trim(type.value));
  if (!unit) header.refuse("elementtype", type, "MET_UCHAR, MET_SHORT, MET_FLOAT or the like");
  const int64_t channels =
      header.find("elementnumberofchannels") ? header.integer("elementnumberofchannels", 1, 64) : 1;
  const bool compressed = truth(header, "compresseddata", false);
  const bool binary = truth(header, "binarydata", true);
  truth(header, "binarydatabyteordermsb", false);
  truth(header, "elementbyteordermsb", false);

  const Field& file = header.need("elementdatafile");
  const bool local = file.value == "LOCAL" || file.value == "Local" || file.value == "local";
  if (!local && lower(path).ends_with(".mha"))
    header.refuse("ElementDataFile", file, "LOCAL: a .mha file holds its voxels itself");
  const std::string data = local ? path : data_beside(path, header, "elementdatafile");
  const uint64_t begin = local ? lines.position() : 0;
  const uint64_t stored = (local ? bytes : size_of_regular(data)) - begin;
  for (const char* name : {"headersize", "compresseddatasize"})
    if (header.find(name)) header.integer(name, -1, static_cast<int64_t>(stored));
  const int64_t skipped = header.find("headersize")
                              ? std::max<int64_t>(0, header.integer("headersize", -1, 1LL << 40))
                              : 0;
  const double voxels = product(sides) * static_cast<double>(channels);
  require_room(data, binary ? voxels * *unit : 2 * voxels - 1,
               static_cast<double>(stored) - static_cast<double>(skipped), compressed);
}

void check_nrrd_header(const std::string& path) {
  const uint64_t bytes = size_of_regular(path);
  Lines lines(path);
  const Header header = parse_nrrd(path, lines);
  const int64_t dimensions = header.integer("dimension", 1, 8);
  const auto sides = header.sides("sizes", dimensions);
  const Field& type = header.need("type");
  const auto unit = nrrd_type_bytes(lower(trim(type.value)));
  if (!unit) header.refuse("type", type, "uint8, short, float or the like");
  for (const char* name :
       {"spacings", "thicknesses", "axis mins", "axismins", "axis maxs", "axismaxs"})
    header.check_numbers(name, dimensions, true);
  for (const char* name : {"min", "max", "old min", "oldmin", "old max", "oldmax"})
    header.check_numbers(name, 1, true);
  check_vectors(header, "space directions", static_cast<size_t>(dimensions));
  check_vectors(header, "space origin", 1);
  check_vectors(header, "measurement frame", 3);
  if (header.find("space dimension")) header.integer("space dimension", 3, 3);
  for (const char* name : {"kinds", "centers", "centerings"})
    if (const Field* field = header.find(name);
        field && static_cast<int64_t>(words_of(field->value).size()) != dimensions)
      header.refuse(name, *field, "{} words", dimensions);

  const Field& encoding = header.need("encoding");
  const std::string how = lower(trim(encoding.value));
  const bool raw = how == "raw", gzip = how == "gzip" || how == "gz";
  const bool text = how == "ascii" || how == "text" || how == "txt", hex = how == "hex";
  if (!raw && !gzip && !text && !hex)
    header.refuse("encoding", encoding, "raw, gzip, ascii or hex");
  const bool detached = header.find("data file") != nullptr;
  if (detached && lower(path).ends_with(".nrrd"))
    header.refuse("data file", *header.find("data file"),
                  "none: a .nrrd file holds its voxels itself");
  const std::string data = detached ? data_beside(path, header, "data file") : path;
  const uint64_t begin = detached ? 0 : lines.position();
  const uint64_t stored = (detached ? size_of_regular(data) : bytes) - begin;
  const auto high = static_cast<int64_t>(stored);
  const int64_t line_skip = header.find("line skip") ? header.integer("line skip", 0, 10000) : 0;
  const int64_t byte_skip = header.find("byte skip") ? header.integer("byte skip", -1, high) : 0;
  const double voxels = product(sides);
  const double promised = text ? 2 * voxels - 1 : hex ? 2 * voxels * *unit : voxels * *unit;
  const double skipped = static_cast<double>(std::max<int64_t>(0, byte_skip) + line_skip);
  require_room(data, promised, static_cast<double>(stored) - (gzip ? 0 : skipped), gzip);
}

}  // namespace kdseg::image
