// The run put into words for the record: resolved settings and command line.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "cli/declared.h"

namespace kdseg::cli {

/// How paths are written: as they were given; input files absolute, so that the text replays from
/// any folder; or base names alone, so that results carry no local paths.
enum class Paths { as_given, absolute, base_names };

/// Every key with its value and every section, defaults included; numbers to the last bit.
std::string resolved_ini(const Options::Impl& declared, Paths paths);

/// The same as names and values, "epochs" and "[term.dice] weight"; a section that stands is
/// "present".
std::vector<std::pair<std::string, std::string>> resolved_values(const Options::Impl& declared);

/// What was asked for, as text that is equal for equal requests: the settings without those that
/// say how the work is done, such as threads and limits.
std::string request_text(const std::string& program, const Options::Impl& declared);

/// The command line, words quoted for a shell where needed.
std::string command_line(const std::vector<std::string>& arguments, const Options::Impl& declared,
                         Paths paths);

}  // namespace kdseg::cli
