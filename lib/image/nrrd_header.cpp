// Bounds on headers of NRRD; see text_header.h.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "image/text_header.h"

namespace kdseg::image {
namespace {

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
        if (!value || !std::isfinite(*value) || std::abs(*value) > largest_header_number)
          return std::nullopt;
        vector.push_back(*value);
      }
      at = end + 1;
    }
  }
  return all;
}

void check_vectors(const HeaderFields& header, const std::string& name, size_t count) {
  const HeaderField* field = header.find(name);
  if (!field) return;
  const auto vectors = vectors_of(field->value);
  const bool good = vectors && vectors->size() == count &&
                    std::all_of(vectors->begin(), vectors->end(),
                                [](const auto& v) { return v.empty() || v.size() == 3; });
  if (!good) header.refuse(name, *field, "{} vectors of 3 finite numbers, or none", count);
}

HeaderFields parse_nrrd(const std::string& path, HeaderLines& lines) {
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
  HeaderFields header(path);
  const std::string magic = lines.more() ? lines.next() : "";
  if (magic.size() != 8 || !magic.starts_with("NRRD000") || magic[7] < '1' || magic[7] > '5')
    throw DataError("{}: does not start with NRRD0001 to NRRD0005", path);
  while (lines.more()) {
    const std::string line = lines.next();
    if (line.empty()) return header;
    if (line.starts_with('#')) continue;
    if (const size_t pair = line.find(":="); pair != std::string::npos) {
      // Keys are free, and may come twice.
      const std::string key = lower(trim(line.substr(0, pair)));
      if (key.starts_with("segment") && !header.find(key))
        header.add(key, trim(line.substr(pair + 2)), lines.number());
      continue;
    }
    const size_t colon = line.find(": ");
    const std::string name = lower(trim(line.substr(0, colon)));
    if (colon == std::string::npos || std::find(known.begin(), known.end(), name) == known.end())
      throw DataError("{}:{}: '{}' in its header is no field that is known", path, lines.number(),
                      line.substr(0, 40));
    std::string plain = name;  // some fields may be written as one word
    if (name == "datafile" || name == "lineskip" || name == "byteskip")
      plain = name.substr(0, 4) + " " + name.substr(4);
    header.add(plain, trim(line.substr(colon + 2)), lines.number());
  }
  return header;  // a detached header needs no blank line
}

/// Whether 3D Slicer wrote the header: it keeps the extent of segments and names them.
bool is_segmentation(const HeaderFields& header) {
  for (const char* name :
       {"segment0_id", "segment0_labelvalue", "segmentation_masterrepresentation",
        "segmentation_sourcerepresentation"})
    if (header.find(name)) return true;
  return false;
}

}  // namespace

TextHeaderFacts check_nrrd_header(const std::string& path) {
  const uint64_t bytes = size_of_regular(path);
  HeaderLines lines(path);
  const HeaderFields header = parse_nrrd(path, lines);
  const int64_t dimensions = header.integer("dimension", 1, 8);
  const auto sides = header.sides("sizes", dimensions);
  const HeaderField& type = header.need("type");
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
    if (const HeaderField* field = header.find(name);
        field && static_cast<int64_t>(words_of(field->value).size()) != dimensions)
      header.refuse(name, *field, "{} words", dimensions);

  const HeaderField& encoding = header.need("encoding");
  const std::string how = lower(trim(encoding.value));
  const bool raw = how == "raw", gzip = how == "gzip" || how == "gz";
  const bool text = how == "ascii" || how == "text" || how == "txt", hex = how == "hex";
  if (!raw && !gzip && !text && !hex)
    header.refuse("encoding", encoding, "raw, gzip, ascii or hex");
  const bool detached = header.find("data file") != nullptr;
  if (detached && lower(path).ends_with(".nrrd"))
    header.refuse("data file", *header.find("data file"),
                  "none: a .nrrd file holds its voxels itself");
  const std::string data = detached ? header.data_beside("data file") : path;
  const uint64_t begin = detached ? 0 : lines.position();
  const uint64_t stored = (detached ? size_of_regular(data) : bytes) - begin;
  const auto high = static_cast<int64_t>(stored);
  const int64_t line_skip = header.find("line skip") ? header.integer("line skip", 0, 10000) : 0;
  const int64_t byte_skip = header.find("byte skip") ? header.integer("byte skip", -1, high) : 0;
  const double voxels = product(sides);
  const double promised = text ? 2 * voxels - 1 : hex ? 2 * voxels * *unit : voxels * *unit;
  const double skipped = static_cast<double>(std::max<int64_t>(0, byte_skip) + line_skip);
  require_room(data, promised, static_cast<double>(stored) - (gzip ? 0 : skipped), gzip);

  TextHeaderFacts facts;
  // Of "units" only what stands beside "spacings" is a length; directions have units of their own.
  facts.mm_per_unit =
      header.mm_per_unit(header.find("space directions") ? "space units" : "units").value_or(1.0);
  facts.segmentation = is_segmentation(header);
  // Lines are skipped in the file, bytes in what it unfolds to.
  if (gzip && line_skip == 0) facts.deflated = {data, begin, stored, promised + skipped};
  return facts;
}

}  // namespace kdseg::image
