// An evaluation as files and as text for people.
#pragma once
#include <string>

#include "base/provenance.h"
#include "io/table.h"
#include "scoring/evaluation.h"

namespace kdseg::scoring {

/// case,region,metric,value,status,unit: one row per value, cases by id; 9 significant digits,
/// `nan` and `inf` spelled out.
io::Table case_table(const Evaluation& evaluation);

/// case,region,threshold,dice,ftp,ftn: the curves behind the scores of uncertainties.
io::Table curve_table(const Evaluation& evaluation);

/// Summaries, pooled values, comparisons, cases and the settings that made them, as JSON. An
/// undefined or infinite number is null. Of `provenance` only program, version and commit are
/// written, so that equal inputs give equal bytes.
std::string summary_json(const Evaluation& evaluation, const Provenance& provenance);

/// Mean, spread and counts of every region and score, and comparisons, in aligned columns.
std::string summary_text(const Evaluation& evaluation);

}  // namespace kdseg::scoring
