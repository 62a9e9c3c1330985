// Walks an HDF5 file that nothing is known of: what it declares is believed only as far as the file
// can hold it. Included by this folder's sources only.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5_handles.h"

namespace kdseg::io {

// Deflate, the strongest filter in common use, shrinks at most about thousandfold. Only files from
// other programs are compressed.
constexpr uint64_t largest_inflation = 1032;

enum class Voxels { read, skip };

/// To be used while an Hdf5Turn is held. Errors: DataError when the file is at fault, RunError when
/// the disk is.
class Hdf5Reader {
 public:
  /// Opens for reading. \throws DataError  missing, not HDF5, truncated
  explicit Hdf5Reader(const std::string& path);

  std::map<std::string, Attribute> attributes_of(const std::string& object) const;
  bool exists(const std::string& object) const;

  /// Everything but /provenance; with `only`, the datasets whose path starts with one of these.
  Tree read(std::span<const std::string> only, Voxels voxels);

 private:
  struct Link {
    std::string name;
    bool hard;
  };

  [[noreturn]] void damaged(const std::string& what) const;
  std::map<std::string, Attribute> attributes(hid_t object, const std::string& owner) const;
  std::optional<Attribute> attribute(hid_t object, const std::string& owner,
                                     const std::string& name) const;
  std::vector<Link> links(hid_t group, const std::string& name) const;
  void group(hid_t id, const std::string& path, int depth, std::span<const std::string> only,
             Voxels voxels, Tree& tree);
  void check_storage(hid_t data, const std::string& name, uint64_t bytes) const;
  void check_filters(hid_t data, const std::string& name) const;
  Array dataset(hid_t data, const std::string& name, Voxels voxels) const;

  std::string path_;
  Handle file_;
  uint64_t file_bytes_ = 0;
  size_t objects_ = 0;
};

}  // namespace kdseg::io
