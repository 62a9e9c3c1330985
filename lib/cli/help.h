// The manual page and the list of options, made from the declarations.
#pragma once
#include <string>

#include "cli/declared.h"
#include "cli/tool.h"

namespace kdseg::cli {

/// The page of --help: at most 92 columns, the same on every machine.
std::string help_page(const Manual& manual, const Options::Impl& declared);

/// One line per option, section and key of a section, six fields separated by tabs:
/// name, kind, default, allowed values, "required" or "optional", help.
std::string option_list(const Options::Impl& declared);

}  // namespace kdseg::cli
