#include "base/sha256.h"

#include <openssl/evp.h>

#include "base/errors.h"

namespace kdseg {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1)
    throw RunError("SHA-256 is not available in libcrypto");
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::add(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(context_, bytes.data(), bytes.size());
}

void Sha256::add(std::string_view text) { EVP_DigestUpdate(context_, text.data(), text.size()); }

std::array<std::byte, 32> Sha256::bytes() {
  std::array<std::byte, 32> digest{};
  EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

std::string Sha256::hex() {
  std::string text;
  for (const std::byte b : bytes()) text += fmt::format("{:02x}", std::to_integer<int>(b));
  return text;
}

std::string sha256(std::span<const std::byte> content) {
  Sha256 hash;
  hash.add(content);
  return hash.hex();
}

std::string sha256(std::string_view text) {
  Sha256 hash;
  hash.add(text);
  return hash.hex();
}

}  // namespace kdseg
