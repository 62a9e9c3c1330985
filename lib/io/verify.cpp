#include "io/verify.h"

#include "base/errors.h"

namespace kdseg::io {
namespace {

Tree require(Tree tree, const std::string& path, const std::string& stored) {
  if (content_sha256(tree) != stored)
    throw DataError("{}: its content does not have the SHA-256 that was stored with it: damaged",
                    path);
  return tree;
}

}  // namespace

Tree read_tree_verified(const std::string& path, const std::string& schema) {
  return require(read_tree(path, schema), path, stored_content_sha256(path));
}

std::string verified_content_sha256(const std::string& path) {
  const std::string stored = stored_content_sha256(path);
  require(read_tree(path, schema_of(path)), path, stored);
  return stored;
}

bool verify_content(const std::string& path) {
  const std::string stored = content_attribute(path);
  if (stored.empty()) return false;
  require(read_tree(path, schema_of(path)), path, stored);
  return true;
}

}  // namespace kdseg::io
