#include "io/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/errors.h"
#include "base/sha256.h"
#include "base/text.h"
#include "io/tree_layout.h"

namespace kdseg::io {
namespace {

std::string place(const Tree& tree, const std::string& object, const std::string& name) {
  return fmt::format("{}: attribute '{}' of {}", tree.file_, name, object);
}

template <class T>
const T& attribute(const Tree& tree, const std::string& object, const std::string& name,
                   const char* expected) {
  if (!tree.has_attribute(object, name))
    throw DataError("{} is missing", place(tree, object, name));
  const auto& value = tree.attributes.at(object).at(name);
  if (const T* typed = std::get_if<T>(&value)) return *typed;
  throw DataError("{} is not {}", place(tree, object, name), expected);
}

/// Lengths go before contents, so that no two trees run into the same bytes.
class Digest {
 public:
  void add(std::string_view text) {
    number(text.size());
    hash_.add(text);
  }
  void number(uint64_t value) {
    std::byte bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::byte>(value >> (8 * i));
    hash_.add(bytes);
  }
  void bytes(std::span<const std::byte> content) {
    number(content.size());
    hash_.add(content);
  }
  std::string hex() { return hash_.hex(); }

  void operator()(int64_t v) {
    add("integer");
    number(static_cast<uint64_t>(v));
  }
  void operator()(double v) {
    add("number");
    real(v);
  }
  void operator()(const std::string& v) {
    add("text");
    add(v);
  }
  void operator()(const std::vector<int64_t>& v) {
    add("integers");
    number(v.size());
    for (const int64_t item : v) number(static_cast<uint64_t>(item));
  }
  void operator()(const std::vector<double>& v) {
    add("numbers");
    number(v.size());
    for (const double item : v) real(item);
  }
  void operator()(const std::vector<std::string>& v) {
    add("texts");
    number(v.size());
    for (const auto& item : v) add(item);
  }

 private:
  void real(double v) {
    uint64_t bits;
    std::memcpy(&bits, &v, sizeof bits);
    number(bits);
  }
  Sha256 hash_;
};

}  // namespace

const Array& Tree::array(const std::string& path) const {
  const auto found = arrays.find(path);
  if (found == arrays.end()) throw DataError("{}: dataset {} is missing", file_, path);
  return found->second;
}

bool Tree::has_attribute(const std::string& object, const std::string& name) const {
  const auto found = attributes.find(object);
  return found != attributes.end() && found->second.contains(name);
}

const std::string& Tree::text(const std::string& object, const std::string& name) const {
  return attribute<std::string>(*this, object, name, "a text");
}

int64_t Tree::integer(const std::string& object, const std::string& name) const {
  return attribute<int64_t>(*this, object, name, "a whole number");
}

double Tree::number(const std::string& object, const std::string& name) const {
  if (has_attribute(object, name))
    if (const auto* whole = std::get_if<int64_t>(&attributes.at(object).at(name)))
      return static_cast<double>(*whole);
  return attribute<double>(*this, object, name, "a number");
}

std::vector<std::string> Tree::texts(const std::string& object, const std::string& name) const {
  if (has_attribute(object, name)) {
    const auto& value = attributes.at(object).at(name);
    if (const auto* one = std::get_if<std::string>(&value)) return {*one};
    const auto* reals = std::get_if<std::vector<double>>(&value);
    const auto* whole = std::get_if<std::vector<int64_t>>(&value);
    if ((reals && reals->empty()) || (whole && whole->empty())) return {};
  }
  return attribute<std::vector<std::string>>(*this, object, name, "a list of texts");
}

std::vector<double> Tree::numbers(const std::string& object, const std::string& name) const {
  if (has_attribute(object, name))
    if (const auto* whole = std::get_if<std::vector<int64_t>>(&attributes.at(object).at(name)))
      return {whole->begin(), whole->end()};
  return attribute<std::vector<double>>(*this, object, name, "a list of numbers");
}

std::vector<int64_t> Tree::integers(const std::string& object, const std::string& name) const {
  return attribute<std::vector<int64_t>>(*this, object, name, "a list of whole numbers");
}

std::string Tree::text_or(const std::string& object, const std::string& name,
                          const std::string& otherwise) const {
  return has_attribute(object, name) ? text(object, name) : otherwise;
}

std::vector<std::string> Tree::texts_or_none(const std::string& object,
                                             const std::string& name) const {
  return has_attribute(object, name) ? texts(object, name) : std::vector<std::string>{};
}

const char* type_name(Type type) {
  switch (type) {
    case Type::f16:
      return "f16";
    case Type::f32:
      return "f32";
    case Type::f64:
      return "f64";
    case Type::u8:
      return "u8";
    case Type::u16:
      return "u16";
    case Type::i32:
      return "i32";
    case Type::i64:
      return "i64";
    case Type::u64:
      return "u64";
  }
  return "";
}

bool is_envelope(const std::string& object, const std::string& name) {
  return object == "/" &&
         (name == "schema" || name == "schema_version" || name == "content_sha256");
}

bool is_provenance(const std::string& object) {
  return object == "/provenance" || object.starts_with("/provenance/");
}

std::string content_sha256(const Tree& tree) {
  Digest digest;
  digest.add("datasets");
  for (const auto& [path, array] : tree.arrays) {
    if (is_provenance(path)) continue;
    digest.add(path);
    digest.add(type_name(array.type));
    digest(array.shape);
    digest.bytes(array.bytes);
  }
  digest.add("attributes");
  for (const auto& [object, named] : tree.attributes) {
    if (is_provenance(object)) continue;
    for (const auto& [name, value] : named) {
      if (is_envelope(object, name)) continue;
      digest.add(object);
      digest.add(name);
      std::visit([&](const auto& v) { digest(v); }, value);
    }
  }
  return digest.hex();
}

}  // namespace kdseg::io
