#include "image/text_header.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>

#include "base/read_file.h"
#include "base/text.h"

namespace kdseg::image {
namespace {

namespace fs = std::filesystem;

constexpr size_t longest_line = 480;  ///< both libraries have buffers of 500 bytes and more
constexpr size_t longest_header = 1 << 20;
constexpr size_t longest_pair = 1 << 16;  ///< NRRD's key:=value, which segmentations use for names
constexpr size_t most_lines = 4096;
constexpr int64_t longest_side = 1 << 20;

/// Nothing for a word that says no unit.
std::optional<double> unit(const std::string& word, bool& known) {
  const std::string name = lower(word);
  const auto one_of = [&name](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  known = true;
  if (name.empty() || one_of({"?", "???", "none", "nan"})) return std::nullopt;
  if (one_of({"mm", "millimeter", "millimeters", "millimetre", "millimetres"})) return 1.0;
  if (one_of({"cm", "centimeter", "centimeters", "centimetre", "centimetres"})) return 10.0;
  if (one_of({"m", "meter", "meters", "metre", "metres"})) return 1000.0;
  if (one_of({"um", "\xc2\xb5m", "\xce\xbcm", "\xb5m", "micron", "microns", "micrometer",
              "micrometers", "micrometre", "micrometres"}))
    return 1e-3;
  if (one_of({"nm", "nanometer", "nanometers", "nanometre", "nanometres"})) return 1e-6;
  known = false;
  return std::nullopt;
}

}  // namespace

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

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

HeaderLines::HeaderLines(const std::string& path) : path_(path) {
  const auto bytes = read_part(path, 0, longest_header);
  text_.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string HeaderLines::next() {
  if (++number_ > static_cast<int64_t>(most_lines))
    throw DataError("{}: more than {} lines in its header", path_, most_lines);
  const size_t end = std::min(text_.find('\n', at_), text_.size());
  std::string line = text_.substr(at_, end - at_);
  at_ = std::min(end + 1, text_.size());
  if (line.ends_with('\r')) line.pop_back();
  const size_t bound = line.find(":=") != std::string::npos ? longest_pair : longest_line;
  if (line.size() > bound)
    throw DataError("{}:{}: a line of {} bytes in its header; expected at most {}", path_, number_,
                    line.size(), bound);
  for (const unsigned char c : line)
    if (c < 32 && c != '\t')
      throw DataError("{}:{}: a control character in its header; it is damaged", path_, number_);
  return line;
}

void HeaderFields::add(const std::string& name, const std::string& value, int64_t line) {
  if (!fields_.emplace(name, HeaderField{value, line}).second)
    throw DataError("{}:{}: {} is given twice", path_, line, name);
}

const HeaderField* HeaderFields::find(const std::string& name) const {
  const auto at = fields_.find(name);
  return at == fields_.end() ? nullptr : &at->second;
}

const HeaderField& HeaderFields::need(const std::string& name) const {
  if (const HeaderField* field = find(name)) return *field;
  throw DataError("{}: its header has no {}; it is damaged", path_, name);
}

int64_t HeaderFields::integer(const std::string& name, int64_t low, int64_t high) const {
  const HeaderField& field = need(name);
  const auto value = parse_integer(trim(field.value));
  if (!value || *value < low || *value > high)
    refuse(name, field, "a whole number from {} to {}", low, high);
  return *value;
}

std::vector<int64_t> HeaderFields::sides(const std::string& name, int64_t count) const {
  const HeaderField& field = need(name);
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

void HeaderFields::check_numbers(const std::string& name, int64_t count, bool nan) const {
  const HeaderField* field = find(name);
  if (!field) return;
  int64_t found = 0;
  for (const auto& word : words_of(field->value)) {
    const bool none = nan && (lower(word) == "nan" || lower(word) == "none" || word == "???");
    const auto value = parse_number(word);
    if (!none && (!value || !std::isfinite(*value) || std::abs(*value) > largest_header_number)) {
      found = -1;
      break;
    }
    ++found;
  }
  if (found != count) refuse(name, *field, "{} finite numbers", count);
}

std::optional<double> HeaderFields::mm_per_unit(const std::string& name) const {
  const HeaderField* field = find(name);
  if (!field) return std::nullopt;
  std::optional<double> found;
  for (std::string word : words_of(field->value)) {
    std::erase(word, '"');
    bool known = true;
    const auto factor = unit(word, known);
    if (!known) refuse(name, *field, "a unit of length: mm, um, cm, m, nm");
    if (!factor) continue;
    if (found && *found != *factor) refuse(name, *field, "one unit for all axes");
    found = factor;
  }
  return found;
}

std::string HeaderFields::data_beside(const std::string& field) const {
  const HeaderField& name = need(field);
  const std::string file = trim(name.value);
  const bool plain = !file.empty() && file.find_first_of("/\\%*?") == std::string::npos &&
                     !file.starts_with('.') && lower(file) != "list" && !file.starts_with("LIST ");
  if (!plain) refuse(field, name, "the name of one file in the header's folder, without folders");
  const auto beside = (fs::path(path_).parent_path() / file).string();
  std::error_code error;
  if (!fs::exists(beside, error)) throw DataError("{}: its voxels are missing: {}", path_, beside);
  return beside;
}

uint64_t size_of_regular(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw_unreadable(path, errno);
  if (!S_ISREG(status.st_mode)) throw DataError("{}: not a regular file", path);
  return static_cast<uint64_t>(status.st_size);
}

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

}  // namespace kdseg::image
