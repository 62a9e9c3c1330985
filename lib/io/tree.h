// HDF5 files as a tree of arrays and attributes: the one place that talks to the HDF5 library.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/provenance.h"

namespace kdseg::io {

enum class Type { f16, f32, f64, u8, u16, i32, i64, u64 };
size_t size_of(Type type);

/// An n-dimensional array in memory, C order, native byte order.
struct Array {
  Type type = Type::f32;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;

  int64_t count() const;
  template <class T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <class T>
  std::span<T> as() {
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

template <class T>
Array make_array(
    std::vector<int64_t> shape,
    std::span<const T> values);  ///< float, double, uint8_t, uint16_t, int32_t, int64_t, uint64_t
/// float32 values stored as IEEE half, rounded to nearest even.
Array make_half_array(std::vector<int64_t> shape, std::span<const float> values);
/// \throws DataError  a whole number that float32 does not hold
std::vector<float> to_float(const Array& array);

using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>,
                               std::vector<double>, std::vector<std::string>>;

/// Datasets by path ("/image") and attributes by path of their object and name ("/" , "/image").
struct Tree {
  std::map<std::string, Array> arrays;
  std::map<std::string, std::map<std::string, Attribute>> attributes;

  /// Typed access; DataError naming `file_`, the path and what was expected.
  const Array& array(const std::string& path) const;
  bool has(const std::string& path) const { return arrays.contains(path); }
  bool has_attribute(const std::string& object, const std::string& name) const;
  const std::string& text(const std::string& object, const std::string& name) const;
  int64_t integer(const std::string& object, const std::string& name) const;
  double number(const std::string& object, const std::string& name) const;
  /// A single text is a list of one; an empty list of numbers, which h5py makes of [], is empty.
  std::vector<std::string> texts(const std::string& object, const std::string& name) const;
  std::vector<double> numbers(const std::string& object, const std::string& name) const;
  std::vector<int64_t> integers(const std::string& object, const std::string& name) const;
  /// What other programs may leave out.
  std::string text_or(const std::string& object, const std::string& name,
                      const std::string& otherwise) const;
  std::vector<std::string> texts_or_none(const std::string& object, const std::string& name) const;

  std::string file_ = "(memory)";  ///< for messages
};

struct WriteOptions {
  bool force = false;                           ///< replace an existing file
  size_t memory_image_limit = size_t{4} << 30;  ///< bytes; beyond, HDF5 writes to disk itself
};

/// Writes schema, schema_version, provenance and the tree beside `path`, flushes and renames.
/// Up to 4 GiB the file is built in memory and written with one checked write.
/// \return content_sha256: over all datasets and attributes outside /provenance, also stored
/// \throws UsageError exists and not force; RunError cannot write (nothing is left behind)
std::string write_tree(const std::string& path, const Tree& tree, const std::string& schema,
                       const Provenance& provenance, const WriteOptions& options = {});

/// Reads everything but /provenance (or, with `only`, the datasets whose path starts with one of
/// these; attributes always).
/// Attributes schema_version (1.0), content_sha256 and the seal may be missing, as in files of
/// other programs. \throws DataError  missing, unreadable, truncated, not HDF5, another schema or
/// major version; an array compressed otherwise than by gzip
Tree read_tree(const std::string& path, const std::string& schema,
               std::span<const std::string> only = {});

/// Attributes, and datasets with type and shape but without bytes. Errors as read_tree.
Tree read_tree_header(const std::string& path, const std::string& schema);

/// The JSON text of /provenance; DataError when the file is not one of ours.
std::string read_provenance(const std::string& path);

/// The hash that write_tree stores. Independent of file layout and storage order.
std::string content_sha256(const Tree& tree);
/// The attribute that write_tree stores, or the hash of what another program wrote without it.
std::string stored_content_sha256(const std::string& path);
std::string schema_of(
    const std::string& path);  ///< "volume", "prediction", "checkpoint", ...; "" if not ours

}  // namespace kdseg::io
