// Bounds on headers of MetaImage; see text_header.h.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "image/text_header.h"

namespace kdseg::image {
namespace {

constexpr size_t longest_text = 250;  ///< MetaIO keeps named texts in 255 bytes

std::optional<int> meta_type_bytes(const std::string& word) {
  static const std::map<std::string, int> bytes{
      {"MET_CHAR", 1},  {"MET_UCHAR", 1},  {"MET_SHORT", 2},     {"MET_USHORT", 2},
      {"MET_INT", 4},   {"MET_UINT", 4},   {"MET_LONG", 4},      {"MET_ULONG", 4},
      {"MET_FLOAT", 4}, {"MET_DOUBLE", 8}, {"MET_LONG_LONG", 8}, {"MET_ULONG_LONG", 8}};
  const auto at = bytes.find(word);
  return at == bytes.end() ? std::nullopt : std::optional(at->second);
}

bool truth(const HeaderFields& header, const std::string& name, bool otherwise) {
  const HeaderField* field = header.find(name);
  if (!field) return otherwise;
  const std::string word = lower(trim(field->value));
  if (word == "true" || word == "1" || word == "t") return true;
  if (word == "false" || word == "0" || word == "f") return false;
  header.refuse(name, *field, "True or False");
}

/// Where the voxels begin, and the numbers of a MetaImage header.
HeaderFields parse_meta(const std::string& path, HeaderLines& lines) {
  // Everything else of MetaIO's own is copied as text.
  const std::vector<std::string> lists{
      "dimsize", "elementspacing", "elementsize",     "offset",      "position",
      "origin",  "rotation",       "transformmatrix", "orientation", "centerofrotation"};
  HeaderFields header(path);
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

}  // namespace

TextHeaderFacts check_meta_header(const std::string& path) {
  const uint64_t bytes = size_of_regular(path);
  HeaderLines lines(path);
  const HeaderFields header = parse_meta(path, lines);
  if (const HeaderField* type = header.find("objecttype"); type && lower(type->value) != "image")
    header.refuse("objecttype", *type, "Image");
  const int64_t dimensions = header.integer("ndims", 1, 4);
  const auto sides = header.sides("dimsize", dimensions);
  for (const char* name :
       {"elementspacing", "elementsize", "offset", "position", "origin", "centerofrotation"})
    header.check_numbers(name, dimensions);
  for (const char* name : {"rotation", "transformmatrix", "orientation"})
    header.check_numbers(name, dimensions * dimensions);
  const HeaderField& type = header.need("elementtype");
  const auto unit = meta_type_bytes(trim(type.value));
  if (!unit) header.refuse("elementtype", type, "MET_UCHAR, MET_SHORT, MET_FLOAT or the like");
  const int64_t channels =
      header.find("elementnumberofchannels") ? header.integer("elementnumberofchannels", 1, 64) : 1;
  const bool compressed = truth(header, "compresseddata", false);
  const bool binary = truth(header, "binarydata", true);
  truth(header, "binarydatabyteordermsb", false);
  truth(header, "elementbyteordermsb", false);

  const HeaderField& file = header.need("elementdatafile");
  const bool local = file.value == "LOCAL" || file.value == "Local" || file.value == "local";
  if (!local && lower(path).ends_with(".mha"))
    header.refuse("ElementDataFile", file, "LOCAL: a .mha file holds its voxels itself");
  const std::string data = local ? path : header.data_beside("elementdatafile");
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
  TextHeaderFacts facts;
  facts.mm_per_unit = header.mm_per_unit("distanceunits").value_or(1.0);
  if (compressed) {
    const auto from = static_cast<uint64_t>(skipped);
    const int64_t said = header.find("compresseddatasize")
                             ? header.integer("compresseddatasize", -1, 1LL << 62)
                             : -1;
    const uint64_t rest = stored - std::min(stored, from);
    if (said > 0 && static_cast<uint64_t>(said) < rest)
      throw DataError("{}: the file goes on behind the {} bytes of its compressed voxels", data,
                      said);
    facts.deflated = {data, begin + from, rest, voxels * *unit};
  }
  return facts;
}

}  // namespace kdseg::image
