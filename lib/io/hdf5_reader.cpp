#define KDSEG_IO_USES_HDF5
#include "io/hdf5_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/errors.h"
#include "io/tree_layout.h"

namespace kdseg::io {
namespace {

// What a file of ours never exceeds; a file that does is damaged or hostile.
constexpr int deepest_group = 16;
constexpr size_t most_objects = 1'000'000;

std::optional<Attribute> read_texts(hid_t attribute, hid_t type, size_t count, bool scalar) {
  std::vector<std::string> texts(count);
  if (H5Tis_variable_str(type) > 0) {
    const Handle memory(H5Tcopy(type), H5Tclose);
    const Handle space(H5Aget_space(attribute), H5Sclose);
    std::vector<char*> raw(count, nullptr);
    if (count > 0 && H5Aread(attribute, memory.get(), raw.data()) < 0) return std::nullopt;
    for (size_t i = 0; i < count; ++i)
      if (raw[i]) texts[i] = raw[i];
    if (count > 0) H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, raw.data());
  } else {
    const size_t length = H5Tget_size(type);
    std::vector<char> raw(count * length);
    if (count > 0 && H5Aread(attribute, type, raw.data()) < 0) return std::nullopt;
    for (size_t i = 0; i < count; ++i) {
      const char* begin = raw.data() + i * length;
      texts[i].assign(begin, strnlen(begin, length));
    }
  }
  if (scalar) return texts[0];
  return texts;
}

template <class T>
std::optional<Attribute> read_numbers(hid_t attribute, hid_t memory_type, size_t count,
                                      bool scalar) {
  std::vector<T> values(count);
  if (count > 0 && H5Aread(attribute, memory_type, values.data()) < 0) return std::nullopt;
  if (scalar) return values[0];
  return values;
}

bool is_half(hid_t type) {
  size_t sign, exponent, exponent_size, mantissa, mantissa_size;
  return H5Tget_size(type) == 2 &&
         H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) >= 0 &&
         sign == 15 && exponent == 10 && exponent_size == 5 && mantissa == 0 &&
         mantissa_size == 10 && H5Tget_ebias(type) == 15;
}

/// The narrowest of our types that holds the file's; nullopt: none (texts, records, 128-bit).
std::optional<Type> type_for(hid_t type) {
  const size_t size = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      if (is_half(type)) return Type::f16;
      if (size == 4) return Type::f32;
      if (size == 8) return Type::f64;
      return std::nullopt;
    case H5T_INTEGER: {
      const bool with_sign = H5Tget_sign(type) == H5T_SGN_2;
      if (size == 1) return with_sign ? Type::i32 : Type::u8;
      if (size == 2) return with_sign ? Type::i32 : Type::u16;
      if (size == 4) return with_sign ? Type::i32 : Type::i64;
      if (size == 8) return with_sign ? Type::i64 : Type::u64;
      return std::nullopt;
    }
    case H5T_ENUM: {  // h5py's form of true and false
      const Handle number(H5Tget_super(type), H5Tclose);
      return size == 1 ? std::optional(Type::u8) : type_for(number.get());
    }
    default:
      return std::nullopt;
  }
}

/// size_of(type) times the sides; nullopt when that overflows.
std::optional<uint64_t> bytes_of(Type type, const std::vector<hsize_t>& shape) {
  uint64_t bytes = size_of(type);
  for (const hsize_t side : shape)
    if (side > (uint64_t{1} << 40) || __builtin_mul_overflow(bytes, side, &bytes))
      return std::nullopt;
  if (bytes > (uint64_t{1} << 50)) return std::nullopt;
  return bytes;
}

Handle open_checked(const std::string& path) {
  const htri_t recognized = H5Fis_hdf5(path.c_str());
  if (recognized <= 0) {
    Hdf5Turn::throw_unless_the_file_is_at_fault(path);
    throw DataError("{}: not an HDF5 file, or cut off at its start", path);
  }
  const Handle access = hdf5_file_access();
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose);
  if (!file.good()) {
    Hdf5Turn::throw_unless_the_file_is_at_fault(path);
    throw DataError("{}: truncated or damaged HDF5 file", path);
  }
  return file;
}

}  // namespace

Hdf5Reader::Hdf5Reader(const std::string& path) : path_(path), file_(open_checked(path)) {
  std::error_code error;
  file_bytes_ = std::filesystem::file_size(path, error);
}

std::map<std::string, Attribute> Hdf5Reader::attributes_of(const std::string& object) const {
  const Handle opened(H5Oopen(file_.get(), object.c_str(), H5P_DEFAULT), H5Oclose);
  if (!opened.good()) damaged(object);
  return attributes(opened.get(), object);
}

bool Hdf5Reader::exists(const std::string& object) const {
  return H5Lexists(file_.get(), object.c_str(), H5P_DEFAULT) > 0;
}

Tree Hdf5Reader::read(std::span<const std::string> only, Voxels voxels) {
  Tree tree;
  tree.file_ = path_;
  const Handle root(H5Gopen2(file_.get(), "/", H5P_DEFAULT), H5Gclose);
  if (!root.good()) damaged("/");
  group(root.get(), "", 0, only, voxels, tree);
  return tree;
}

void Hdf5Reader::damaged(const std::string& what) const {
  Hdf5Turn::throw_unless_the_file_is_at_fault(path_);
  throw DataError("{}: {} cannot be read: the file is damaged", path_, what);
}

std::map<std::string, Attribute> Hdf5Reader::attributes(hid_t object,
                                                        const std::string& owner) const {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5A_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->push_back(name);
    return 0;
  };
  hsize_t position = 0;
  if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, collect, &names) < 0)
    damaged("attributes of " + owner);
  std::map<std::string, Attribute> found;
  for (const auto& name : names)
    if (auto value = attribute(object, owner, name)) found[name] = std::move(*value);
  return found;
}

std::optional<Attribute> Hdf5Reader::attribute(hid_t object, const std::string& owner,
                                               const std::string& name) const {
  const auto what = fmt::format("attribute '{}' of {}", name, owner);
  const Handle opened(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose);
  if (!opened.good()) damaged(what);
  const Handle type(H5Aget_type(opened.get()), H5Tclose);
  const Handle space(H5Aget_space(opened.get()), H5Sclose);
  if (!type.good() || !space.good()) damaged(what);
  const auto extent = H5Sget_simple_extent_type(space.get());
  if (extent == H5S_NULL || H5Sget_simple_extent_ndims(space.get()) > 1) return std::nullopt;
  const hssize_t count = H5Sget_simple_extent_npoints(space.get());
  const uint64_t width = H5Tget_size(type.get());
  if (count < 0 || width == 0 || static_cast<uint64_t>(count) > file_bytes_ / width) damaged(what);
  const bool scalar = extent == H5S_SCALAR;
  const auto n = static_cast<size_t>(count);
  std::optional<Attribute> value;
  switch (H5Tget_class(type.get())) {
    case H5T_STRING:
      value = read_texts(opened.get(), type.get(), n, scalar);
      break;
    case H5T_INTEGER:
    case H5T_ENUM:
      value = read_numbers<int64_t>(opened.get(), H5T_NATIVE_INT64, n, scalar);
      break;
    case H5T_FLOAT:
      value = read_numbers<double>(opened.get(), H5T_NATIVE_DOUBLE, n, scalar);
      break;
    default:
      return std::nullopt;  // a kind that no reader of ours asks for
  }
  if (!value) damaged(what);
  return value;
}

std::vector<Hdf5Reader::Link> Hdf5Reader::links(hid_t group, const std::string& name) const {
  std::vector<Link> found;
  const auto collect = [](hid_t, const char* link, const H5L_info_t* info, void* list) -> herr_t {
    auto& all = *static_cast<std::vector<Link>*>(list);
    all.push_back({link, info->type == H5L_TYPE_HARD});
    return all.size() > most_objects ? -1 : 0;
  };
  if (H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &found) < 0)
    damaged(name.empty() ? "/" : name);
  return found;
}

void Hdf5Reader::group(hid_t id, const std::string& path, int depth,
                       std::span<const std::string> only, Voxels voxels, Tree& tree) {
  const std::string name = path.empty() ? "/" : path;
  if (depth > deepest_group) throw DataError("{}: {}: groups are nested too deeply", path_, name);
  if (auto named = attributes(id, name); !named.empty()) tree.attributes[name] = std::move(named);
  for (const auto& link : links(id, path)) {
    const auto child = path + "/" + link.name;
    if (is_provenance(child)) continue;
    // A link into another file would let one file read any other of the user's.
    if (!link.hard) throw DataError("{}: {} is a symbolic link; expected data", path_, child);
    if (++objects_ > most_objects) throw DataError("{}: too many objects", path_);
    const Handle object(H5Oopen(id, link.name.c_str(), H5P_DEFAULT), H5Oclose);
    if (!object.good()) damaged(child);
    const auto kind = H5Iget_type(object.get());
    if (kind == H5I_GROUP) {
      group(object.get(), child, depth + 1, only, voxels, tree);
    } else if (kind == H5I_DATASET) {
      if (auto named = attributes(object.get(), child); !named.empty())
        tree.attributes[child] = std::move(named);
      const bool wanted = only.empty() || std::any_of(only.begin(), only.end(), [&](auto& start) {
                            return child.starts_with(start);
                          });
      if (wanted) tree.arrays[child] = dataset(object.get(), child, voxels);
    }
  }
}

/// Sizes that a file declares are believed only as far as the file can hold them.
void Hdf5Reader::check_storage(hid_t data, const std::string& name, uint64_t bytes) const {
  const Handle creation(H5Dget_create_plist(data), H5Pclose);
  if (!creation.good()) damaged(name);
  const auto layout = H5Pget_layout(creation.get());
  if (layout == H5D_VIRTUAL || H5Pget_external_count(creation.get()) > 0)
    throw DataError("{}: {} lies in another file; expected its data here", path_, name);
  const uint64_t stored = H5Dget_storage_size(data);
  const uint64_t inflation = layout == H5D_CHUNKED ? largest_inflation : 1;
  if (stored > file_bytes_ || bytes / inflation > stored)
    throw DataError("{}: {} declares {} bytes and holds {}: the file is damaged", path_, name,
                    bytes, stored);
}

/// Of HDF5's own filters those that everybody's library has.
void Hdf5Reader::check_filters(hid_t data, const std::string& name) const {
  const Handle creation(H5Dget_create_plist(data), H5Pclose);
  const int filters = creation.good() ? H5Pget_nfilters(creation.get()) : 0;
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0, parameters = 0;
    size_t values = 0;
    char filter[64] = "";
    const H5Z_filter_t id = H5Pget_filter2(creation.get(), static_cast<unsigned>(i), &flags,
                                           &values, nullptr, sizeof filter, filter, &parameters);
    if (id != H5Z_FILTER_DEFLATE && id != H5Z_FILTER_SHUFFLE && id != H5Z_FILTER_FLETCHER32)
      throw DataError("{}: {} is stored with the filter '{}' ({}); expected none, or gzip", path_,
                      name, *filter ? filter : "unnamed", static_cast<int>(id));
  }
}

Array Hdf5Reader::dataset(hid_t data, const std::string& name, Voxels voxels) const {
  const Handle type(H5Dget_type(data), H5Tclose);
  const Handle space(H5Dget_space(data), H5Sclose);
  if (!type.good() || !space.good()) damaged(name);
  const auto memory = type_for(type.get());
  if (!memory)
    throw DataError(
        "{}: {} has a data type that is not supported; expected whole or "
        "floating-point numbers",
        path_, name);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0 || H5Sget_simple_extent_type(space.get()) == H5S_NULL) damaged(name);
  std::vector<hsize_t> shape(static_cast<size_t>(rank));
  if (rank > 0) H5Sget_simple_extent_dims(space.get(), shape.data(), nullptr);
  const auto bytes = bytes_of(*memory, shape);
  if (!bytes) throw DataError("{}: {} declares an impossible size", path_, name);
  // Integers may widen up to fourfold on their way into memory.
  check_storage(data, name, *bytes / size_of(*memory) * H5Tget_size(type.get()));
  check_filters(data, name);
  Array array{*memory, {shape.begin(), shape.end()}, {}};
  if (voxels == Voxels::skip || *bytes == 0) return array;
  array.bytes.resize(*bytes);
  if (H5Dread(data, hdf5_type(*memory).get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, array.bytes.data()) <
      0)
    damaged(name);
  return array;
}

}  // namespace kdseg::io
