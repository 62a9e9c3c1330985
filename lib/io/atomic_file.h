// Files that appear whole or not at all.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace kdseg::io {

/// By replace_file(); devices and pipes are written to.
void write_atomic(const std::string& path, std::span<const std::byte> content);
void write_atomic(const std::string& path, std::string_view text);

/// RunError when `from` cannot be read or `to` not be written.
void copy_atomic(const std::string& from, const std::string& to);

/// Writes what it reads to `to`, piece by piece, and returns the SHA-256 of what it read,
/// lower-case hex. For copies that are not kept: not atomic, not flushed to disk. \throws DataError
/// `from` cannot be read \throws RunError   `to` cannot be written
std::string copy_hashed(const std::string& from, const std::string& to);

/// UsageError when `path` is a file or folder and not `force`. Devices and pipes are written to.
void refuse_existing(const std::string& path, bool force);

std::string sha256_of_file(const std::string& path);  ///< DataError when unreadable

}  // namespace kdseg::io
