// Options with the same name and meaning in several programs.
#pragma once
#include "base/run_settings.h"
#include "cli/options.h"

namespace kdseg::cli {

void declare_case_selection(Options& add, CaseSelection& s);  ///< --cases --where --case --limit
void declare_reading(Options& add, bool& ignore_geometry,
                     std::string& nan);  ///< --ignore-geometry --nan, of scans
/// --device --precision --deterministic --seed --memory-limit --describe. fp16 is for predictions
/// alone: gradients would underflow without loss scaling.
enum class Computes { trainings, predictions };
void declare_tensor(Options& add, TensorSettings& s, Computes what = Computes::trainings);
/// Selection, --validate --output --run-dir --resume ...; translators are not validated, and what
/// they see stands with their streams.
enum class Trains { networks, translators };
void declare_training(Options& add, TrainingSettings& s, Trains what = Trains::networks);

}  // namespace kdseg::cli
