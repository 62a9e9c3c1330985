// A bound on what is allocated while a network out of a file is built.
#pragma once
#include <cstdint>
#include <string>

namespace kdseg::models {

/// While it lives, tensors on the CPU of more than `bytes` in all (freed ones count) are refused
/// with a DataError that names `path`: a file can ask for a network far larger than itself. One at
/// a time; networks are loaded before any other work.
class MemoryBound {
 public:
  MemoryBound(const std::string& path, int64_t bytes);
  ~MemoryBound();
  MemoryBound(const MemoryBound&) = delete;
  MemoryBound& operator=(const MemoryBound&) = delete;
};

}  // namespace kdseg::models
