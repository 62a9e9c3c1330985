// SHA-256, of content at once or in pieces.
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace kdseg {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::span<const std::byte> bytes);
  void add(std::string_view text);

  /// The hash; call one of these once, at the end.
  std::array<std::byte, 32> bytes();
  std::string hex();  ///< 64 lower-case digits

 private:
  evp_md_ctx_st* context_;
};

std::string sha256(std::span<const std::byte> content);  ///< 64 lower-case digits
std::string sha256(std::string_view text);

}  // namespace kdseg
