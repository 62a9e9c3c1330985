// Files that appear whole or not at all, for libraries that write by name.
#pragma once
#include <functional>
#include <string>

namespace kdseg::image {

/// Calls write(temporary) with a name beside `path` that ends like `path`, flushes that file to
/// disk and renames it to `path`. Nothing is left behind when something fails.
/// \throws RunError  with the system's reason, or what `write` throws
void replace_file(const std::string& path, const std::function<void(const std::string&)>& write);

}  // namespace kdseg::image
