// A finished run as a checkpoint.
#pragma once
#include <map>
#include <string>

#include "io/checkpoint_file.h"
#include "methods/method.h"
#include "train/state.h"

namespace kdseg::train {

/// The candidates' networks with the parameters that each was selected by (where none were kept,
/// the present ones), and the chosen candidate's scores. A sole network stands alone in the file.
/// Networks beside the candidates (Method::beside()) are kept as they are now.
/// A member whose parameters in a mean are not those it has by itself is kept beside these as
/// "<member>-in-<candidate>".
io::Checkpoint result_of(methods::Method& method, const std::map<std::string, Best>& best);

}  // namespace kdseg::train
