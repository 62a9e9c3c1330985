#include "models/memory_bound.h"

#include <c10/core/CPUAllocator.h>

#include <atomic>
#include <cstring>

#include "base/errors.h"

namespace kdseg::models {
namespace {

/// Hands everything on to the allocator it stands in front of.
class Counting : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    const int64_t left = left_ -= static_cast<int64_t>(bytes);
    if (bounded_ && left < 0)
      throw DataError(
          "{}: describes a network far larger than the parameters it holds; the file is damaged",
          path_);
    return behind_->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return behind_->raw_deleter(); }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }

  void bound(const std::string& path, int64_t bytes) {
    path_ = path;
    left_ = bytes;
    bounded_ = true;
    behind_ = c10::GetCPUAllocator();
    c10::SetCPUAllocator(this);
  }
  void release() {
    bounded_ = false;
    c10::SetCPUAllocator(behind_);
  }

 private:
  c10::Allocator* behind_ = nullptr;
  std::string path_;
  std::atomic<int64_t> left_{0};
  std::atomic<bool> bounded_{false};
};

Counting& counting() {
  static Counting one;
  return one;
}

}  // namespace

MemoryBound::MemoryBound(const std::string& path, int64_t bytes) { counting().bound(path, bytes); }
MemoryBound::~MemoryBound() { counting().release(); }

}  // namespace kdseg::models
