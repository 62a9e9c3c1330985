#define KDSEG_IO_USES_HDF5
#include <cstring>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "base/errors.h"
#include "base/read_file.h"
#include "base/text.h"
#include "io/hdf5_reader.h"
#include "io/seal.h"
#include "io/tree.h"
#include "io/tree_layout.h"
#include "io/tree_wire.h"
#include "io/verify.h"

namespace kdseg::io {
namespace {

namespace fs = std::filesystem;

const std::string* text_of(const std::map<std::string, Attribute>& named, const std::string& name) {
  const auto found = named.find(name);
  return found == named.end() ? nullptr : std::get_if<std::string>(&found->second);
}

void check_schema(const Hdf5Reader& reader, const std::string& path, const std::string& schema) {
  const auto root = reader.attributes_of("/");
  const auto* found = text_of(root, "schema");
  const auto* version = text_of(root, "schema_version");
  if (!found)
    throw DataError("{}: an HDF5 file without attribute 'schema'; expected a {} file", path,
                    schema);
  if (*found != schema) throw DataError("{}: a {} file, expected a {} file", path, *found, schema);
  if (!version) return;  // left out by another program
  const auto major = parse_integer(split(*version, '.').front());
  if (major != schema_major)
    throw DataError("{}: schema_version {}, this program reads {}.x", path, *version, schema_major);
}

/// Reads in this process what is sealed, as its metadata are what we wrote. HDF5 trusts anything
/// else, too, and so that is read in a child process.
template <class T>
T read_file(const std::string& path, const std::function<T()>& read, void (*send)(Sink&, const T&),
            T (*receive)(Source&)) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (error && may_pass(error.value())) throw_unreadable(path, error.value());
  if (!fs::exists(status)) throw DataError("{}: no such file", path);
  if (!fs::is_regular_file(status)) throw DataError("{}: not a regular file", path);
  read_part(path, 0, 1);  // says why a file cannot be read; the library only says that
  if (check_seal(path)) {
    try {
      return read();
    } catch (const DataError&) {
      // The library does not pass on every failed read (1.10: of attributes in a heap). Reading the
      // file through tells a failing disk from damage; what failed once may be well now.
      read_blocks(path, [](std::span<const std::byte>) {});
    }
    return read();
  }
  return read_confined<T>(path, confinement_for(fs::file_size(path, error), largest_inflation),
                          read, send, receive);
}

void send_text(Sink& sink, const std::string& text) { sink.text(text); }
std::string receive_text(Source& source) { return source.text(); }

/// `schema`: what the file must be; "": anything.
Tree read_checked(const std::string& path, const std::string& schema,
                  std::span<const std::string> only, Voxels voxels) {
  const Hdf5Turn turn;
  Tree tree = read_file<Tree>(
      path,
      [&] {
        Hdf5Reader reader(path);
        if (!schema.empty()) check_schema(reader, path, schema);
        return reader.read(only, voxels);
      },
      send_tree, receive_tree);
  auto& root = tree.attributes["/"];
  std::erase_if(root, [](const auto& item) { return is_envelope("/", item.first); });
  if (root.empty()) tree.attributes.erase("/");
  return tree;
}

/// Whether the HDF5 signature stands where the format allows it: at 0, 512, 1024, 2048, ...
bool has_signature(const std::string& path) {
  std::error_code error;
  if (!path_exists(path) || !fs::is_regular_file(path, error)) return false;
  constexpr std::string_view signature("\x89HDF\r\n\x1a\n", 8);
  for (uint64_t at = 0;; at = at == 0 ? 512 : 2 * at) {
    const auto found = read_part(path, at, signature.size());
    if (found.size() < signature.size()) return false;
    if (std::memcmp(found.data(), signature.data(), signature.size()) == 0) return true;
  }
}

std::string root_text(const std::string& path, const std::string& name) {
  const Hdf5Turn turn;
  return read_file<std::string>(
      path,
      [&] {
        const Hdf5Reader reader(path);
        const auto root = reader.attributes_of("/");
        const auto* value = text_of(root, name);
        return value ? *value : std::string{};
      },
      send_text, receive_text);
}

}  // namespace

Tree read_tree(const std::string& path, const std::string& schema,
               std::span<const std::string> only) {
  return read_checked(path, schema, only, Voxels::read);
}

Tree read_tree_header(const std::string& path, const std::string& schema) {
  return read_checked(path, schema, {}, Voxels::skip);
}

std::string content_attribute(const std::string& path) { return root_text(path, "content_sha256"); }

std::string stored_content_sha256(const std::string& path) {
  const auto id = content_attribute(path);
  return id.empty() ? content_sha256(read_checked(path, "", {}, Voxels::read)) : id;
}

std::string schema_of(const std::string& path) {
  if (!has_signature(path)) return {};  // a sheet, a recipe: not worth a child process
  try {
    return root_text(path, "schema");
  } catch (const DataError&) {
    return {};
  }
}

std::string read_provenance(const std::string& path) {
  const Hdf5Turn turn;
  return read_file<std::string>(
      path,
      [&] {
        const Hdf5Reader reader(path);
        if (reader.exists("/provenance")) {
          const auto named = reader.attributes_of("/provenance");
          if (const auto* json = text_of(named, "json")) return *json;
        }
        throw DataError("{}: no provenance", path);
      },
      send_text, receive_text);
}

}  // namespace kdseg::io
