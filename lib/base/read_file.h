// Reading files so that a failing disk is never taken for the end of a file or for damage.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace kdseg {

/// Throws what a file that could not be read asks for, by the system's `error`: DataError where the
/// same call would only fail again (no such file, no permission, a folder), else RunError: a
/// failing disk, a lost server, too many open files; such a call may succeed when it is repeated.
[[noreturn]] void throw_unreadable(const std::string& path, int error);

/// Whether `error` may go away by itself; see throw_unreadable().
bool may_pass(int error);

/// Whether there is something of that name. A disk that does not answer is a RunError, never "no".
bool path_exists(const std::string& path);

/// Names in a folder, sorted; without "." and "..". Errors as throw_unreadable().
std::vector<std::string> names_in(const std::string& folder);

/// Gives a file's content piece by piece. Errors as throw_unreadable().
void read_blocks(const std::string& path,
                 const std::function<void(std::span<const std::byte>)>& take);

/// Bytes `from` to `from + count`; fewer where the file ends before. Errors as throw_unreadable().
std::vector<std::byte> read_part(const std::string& path, uint64_t from, uint64_t count);

/// The whole file. DataError for anything but a regular file or a pipe, else as
/// throw_unreadable().
std::string read_text(const std::string& path);

/// A text that people write: UTF-8, without the mark that some editors put in front.
/// \throws DataError  another encoding, named where it can be told; the line. Else as read_text
std::string read_utf8(const std::string& path);

}  // namespace kdseg
