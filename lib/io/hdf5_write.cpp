#define KDSEG_IO_USES_HDF5
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <new>
#include <span>

#include "base/errors.h"
#include "base/replace_file.h"
#include "io/atomic_file.h"
#include "io/hdf5_handles.h"
#include "io/provenance_json.h"
#include "io/seal.h"
#include "io/tree.h"
#include "io/tree_layout.h"

namespace kdseg::io {
namespace {

class Writer {
 public:
  Writer(std::string path, hid_t file)
      : path_(std::move(path)),
        file_(file),
        links_(H5Pcreate(H5P_LINK_CREATE), H5Pclose),
        texts_(hdf5_text_type()) {
    H5Pset_create_intermediate_group(links_.get(), 1);
    H5Pset_char_encoding(links_.get(), H5T_CSET_UTF8);
  }

  void declare(const std::string& name, const Array& array) {
    const std::vector<hsize_t> shape(array.shape.begin(), array.shape.end());
    const Handle space(
        shape.empty() ? H5Screate(H5S_SCALAR)
                      : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
        H5Sclose);
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_fill_time(creation.get(), H5D_FILL_TIME_NEVER);  // every element is written
    H5Pset_obj_track_times(creation.get(), false);
    const Handle made(H5Dcreate2(file_, name.c_str(), hdf5_type(array.type).get(), space.get(),
                                 links_.get(), creation.get(), H5P_DEFAULT),
                      H5Dclose);
    check(made.good(), name);
  }

  /// Space for the elements is allocated here, behind all that was declared before.
  void fill(const std::string& name, const Array& array) {
    if (array.bytes.empty()) return;
    const Handle data(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), H5Dclose);
    check(data.good() && H5Dwrite(data.get(), hdf5_type(array.type).get(), H5S_ALL, H5S_ALL,
                                  H5P_DEFAULT, array.bytes.data()) >= 0,
          name);
    first_element_ = std::min<uint64_t>(first_element_, H5Dget_offset(data.get()));
  }

  /// Where the first dataset's elements begin; UINT64_MAX when there are none.
  uint64_t first_element() const { return first_element_; }

  void attributes(const std::string& object, const std::map<std::string, Attribute>& named) {
    if (object != "/" && !exists(object)) group(object);
    const Handle target(H5Oopen(file_, object.c_str(), H5P_DEFAULT), H5Oclose);
    check(target.good(), object);
    for (const auto& item : named)
      std::visit([&](const auto& v) { attribute(target.get(), object, item.first, v); },
                 item.second);
  }

 private:
  void check(bool good, const std::string& what) const {
    if (!good) throw RunError("{}: HDF5 cannot write {}", path_, what);
  }

  bool exists(const std::string& object) const {
    for (size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
      if (H5Lexists(file_, object.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
      if (end == std::string::npos) return true;
    }
  }

  void group(const std::string& name) {
    const Handle made(H5Gcreate2(file_, name.c_str(), links_.get(), H5P_DEFAULT, H5P_DEFAULT),
                      H5Gclose);
    check(made.good(), name);
  }

  void store(hid_t object, const std::string& owner, const std::string& name, hid_t type,
             const hsize_t* count, const void* values) const {
    const Handle space(count ? H5Screate_simple(1, count, nullptr) : H5Screate(H5S_SCALAR),
                       H5Sclose);
    const Handle made(H5Acreate2(object, name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
    const auto what = fmt::format("attribute '{}' of {}", name, owner);
    check(made.good(), what);
    if (!count || *count > 0) check(H5Awrite(made.get(), type, values) >= 0, what);
  }

  void attribute(hid_t object, const std::string& owner, const std::string& name,
                 int64_t value) const {
    store(object, owner, name, H5T_NATIVE_INT64, nullptr, &value);
  }
  void attribute(hid_t object, const std::string& owner, const std::string& name,
                 double value) const {
    store(object, owner, name, H5T_NATIVE_DOUBLE, nullptr, &value);
  }
  void attribute(hid_t object, const std::string& owner, const std::string& name,
                 const std::string& value) const {
    const char* text = value.c_str();
    store(object, owner, name, texts_.get(), nullptr, &text);
  }
  void attribute(hid_t object, const std::string& owner, const std::string& name,
                 const std::vector<int64_t>& values) const {
    const hsize_t count = values.size();
    store(object, owner, name, H5T_NATIVE_INT64, &count, values.data());
  }
  void attribute(hid_t object, const std::string& owner, const std::string& name,
                 const std::vector<double>& values) const {
    const hsize_t count = values.size();
    store(object, owner, name, H5T_NATIVE_DOUBLE, &count, values.data());
  }
  void attribute(hid_t object, const std::string& owner, const std::string& name,
                 const std::vector<std::string>& values) const {
    std::vector<const char*> texts;
    for (const auto& value : values) texts.push_back(value.c_str());
    const hsize_t count = values.size();
    store(object, owner, name, texts_.get(), &count, texts.data());
  }

  std::string path_;
  hid_t file_;
  Handle links_, texts_;
  uint64_t first_element_ = UINT64_MAX;
};

struct Envelope {
  std::string schema, content_id, provenance;
};

/// \return where the metadata end and the elements begin
uint64_t write_content(const std::string& path, hid_t file, const Tree& tree,
                       const Envelope& envelope) {
  Writer writer(path, file);
  for (const auto& [name, array] : tree.arrays) writer.declare(name, array);
  for (const auto& [object, named] : tree.attributes) {
    auto kept = named;
    std::erase_if(kept,
                  [&object = object](const auto& item) { return is_envelope(object, item.first); });
    writer.attributes(object, kept);
  }
  writer.attributes("/", {{"schema", envelope.schema},
                          {"schema_version", fmt::format("{}.{}", schema_major, schema_minor)},
                          {"content_sha256", envelope.content_id}});
  writer.attributes("/provenance", {{"json", envelope.provenance}});
  // The library gives some metadata their final place only when it flushes.
  if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0) throw RunError("{}: HDF5 cannot flush", path);
  for (const auto& [name, array] : tree.arrays) writer.fill(name, array);
  return writer.first_element();
}

Handle create_file(const std::string& name, hid_t access) {
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_obj_track_times(creation.get(), false);
  return {H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access), H5Fclose};
}

/// The memory of a file made by the core driver, taken over when HDF5 closes it: unlike
/// H5Fget_file_image this needs no copy, and the superblock is as closed files have it (1.10.8
/// leaves a wrong checksum in images of open files).
class FileImage {
 public:
  FileImage() = default;
  ~FileImage() { std::free(bytes_); }
  FileImage(const FileImage&) = delete;
  FileImage& operator=(const FileImage&) = delete;

  void attach(hid_t access) {
    H5FD_file_image_callbacks_t calls{};
    calls.image_malloc = [](size_t size, H5FD_file_image_op_t, void*) { return std::malloc(size); };
    calls.image_memcpy = [](void* to, const void* from, size_t size, H5FD_file_image_op_t, void*) {
      return std::memcpy(to, from, size);
    };
    calls.image_realloc = [](void* old, size_t size, H5FD_file_image_op_t, void* self) {
      void* grown = std::realloc(old, size);
      if (grown) static_cast<FileImage*>(self)->allocated_ = size;
      return grown;
    };
    calls.image_free = [](void* bytes, H5FD_file_image_op_t op, void* self) -> herr_t {
      if (op == H5FD_FILE_IMAGE_OP_FILE_CLOSE)
        static_cast<FileImage*>(self)->bytes_ = bytes;
      else
        std::free(bytes);
      return 0;
    };
    calls.udata_copy = [](void* self) { return self; };
    calls.udata_free = [](void*) -> herr_t { return 0; };
    calls.udata = this;
    H5Pset_file_image_callbacks(access, &calls);
  }

  /// The file with its seal. Memory is allocated in steps, the end of the file stands in its
  /// superblock.
  std::span<const std::byte> sealed(const std::string& path, uint64_t metadata_bytes) {
    const std::span<std::byte> all(static_cast<std::byte*>(bytes_), bytes_ ? allocated_ : 0);
    const uint64_t end = hdf5_end(all);
    if (end == 0 || end > all.size()) throw RunError("{}: HDF5 cannot finish the file", path);
    const auto seal = make_seal(all.first(std::min(end, metadata_bytes)));
    void* grown = std::realloc(bytes_, end + seal_bytes);
    if (!grown) throw std::bad_alloc();
    bytes_ = grown;
    auto* bytes = static_cast<std::byte*>(bytes_);
    std::memcpy(bytes + end, seal.data(), seal_bytes);
    return {bytes, end + seal_bytes};
  }

 private:
  void* bytes_ = nullptr;
  size_t allocated_ = 0;
};

void write_in_memory(const std::string& path, const Tree& tree, const Envelope& envelope,
                     size_t bytes) {
  FileImage image;
  uint64_t metadata_bytes = 0;
  {
    const Hdf5Turn turn;
    const Handle access = hdf5_file_access();
    const size_t step = bytes < (size_t{16} << 20) ? size_t{1} << 20 : size_t{16} << 20;
    H5Pset_fapl_core(access.get(), step, false);
    image.attach(access.get());
    Handle file = create_file(path, access.get());
    if (!file.good()) throw RunError("{}: HDF5 cannot make a file in memory", path);
    metadata_bytes = write_content(path, file.get(), tree, envelope);
    if (file.close_checked() < 0) throw RunError("{}: HDF5 cannot finish the file", path);
  }
  write_atomic(path, image.sealed(path, metadata_bytes));
}

void append_seal(const std::string& file, uint64_t metadata_bytes) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out | std::ios::ate);
  const auto end = static_cast<uint64_t>(stream.tellg());
  std::vector<std::byte> metadata(std::min(end, metadata_bytes));
  stream.seekg(0);
  stream.read(reinterpret_cast<char*>(metadata.data()),
              static_cast<std::streamsize>(metadata.size()));
  const auto seal = make_seal(metadata);
  stream.seekp(static_cast<std::streamoff>(end));
  stream.write(reinterpret_cast<const char*>(seal.data()), seal_bytes);
  stream.close();
  if (!stream) throw RunError("{}: cannot be written", file);
}

void write_on_disk(const std::string& path, const Tree& tree, const Envelope& envelope) {
  replace_file(path, [&](const std::string& temporary) {
    uint64_t metadata_bytes = 0;
    {
      const Hdf5Turn turn;
      const Handle access = hdf5_file_access();
      Handle file = create_file(temporary, access.get());
      if (!file.good()) throw RunError("{}: HDF5 cannot make the file", path);
      metadata_bytes = write_content(path, file.get(), tree, envelope);
      if (file.close_checked() < 0) throw RunError("{}: HDF5 cannot write all of it", path);
    }
    append_seal(temporary, metadata_bytes);
  });
}

}  // namespace

std::string write_tree(const std::string& path, const Tree& tree, const std::string& schema,
                       const Provenance& provenance, const WriteOptions& options) {
  refuse_existing(path, options.force);
  const Envelope envelope{schema, content_sha256(tree), provenance_to_json(provenance)};
  size_t bytes = 0;
  for (const auto& [name, array] : tree.arrays) bytes += array.bytes.size();
  if (bytes <= options.memory_image_limit)
    write_in_memory(path, tree, envelope, bytes);
  else
    write_on_disk(path, tree, envelope);
  return envelope.content_id;
}

}  // namespace kdseg::io
