// What a settings file says to one program: its keys, its sections, and what is for others.
#pragma once
#include <string>

#include "base/ini.h"
#include "cli/command_line.h"

namespace kdseg::cli {

/// Takes the keys before the first header and those of [program], and the rows [kind.NAME] and
/// [program/kind.NAME]; sections of the other programs are passed over. Relative input paths are
/// taken from the file's own folder.
/// \throws UsageError  unknown key, section or row (nearest named), wrong type or range
void apply_settings(const Ini& ini, const std::string& program, Options::Impl& declared,
                    Binding& binding);

/// Checks the rows whose keys were declared, after all files were applied.
void check_rows(const Options::Impl& declared);

}  // namespace kdseg::cli
