// The methods of the papers as their experiment files and settings files have them, read by the
// programs' own option parser.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "train/settings.h"

namespace kdseg::golden {

/// A row of `methods` in config/experiments/PAPER/experiment.yaml.
struct Method {
  std::string paper, name, program;
  std::string teacher;                ///< the method whose network teaches; empty: none
  std::vector<std::string> settings;  ///< files of the paper's folder, later ones win
};

/// Folder of the papers' settings: KDSEG_EXPERIMENTS where it is set, else the repository's.
std::string experiments_folder();

/// By "paper/name".
std::map<std::string, Method> read_methods(const std::string& experiments,
                                           const std::vector<std::string>& papers);

/// What the program is told.
struct Told {
  train::LearningSettings learning;
  train::Procedure procedure;
};

/// Calls the method's program with its settings files and `flags`, up to where it would start to
/// work. \throws std::runtime_error  the program refuses them
Told read_settings(const std::string& experiments, const Method& method,
                   const std::vector<std::string>& flags);

}  // namespace kdseg::golden
