// Files that appear whole or not at all.
#pragma once
#include <functional>
#include <string>

namespace kdseg {

/// /dev/stdout, /dev/null, a named pipe: written to, never replaced.
bool is_device(const std::string& path);

/// Calls write(temporary) with a name beside `path` that ends like `path`, flushes that file to
/// disk, renames it to `path` and flushes the rename, too. Nothing is left behind when something
/// fails.
/// \throws RunError  with the system's reason (disk full, permission), or what `write` throws
void replace_file(const std::string& path, const std::function<void(const std::string&)>& write);

}  // namespace kdseg
