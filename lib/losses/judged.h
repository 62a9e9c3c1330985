// The logits of a network that a term looks at, and the labels at their size.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "losses/objective.h"

namespace kdseg::losses {

/// The parameter `output`: the logits, or a coarser output of the network by its name.
Parameter output_parameter();

struct Judged {
  at::Tensor logits;  ///< [N, K, ...]
  at::Tensor shares;  ///< [N, K, ...]: see shares_of(); of coarser logits the means over blocks
};

/// \throws DataError  logits whose sides are no equal fraction of the input's
Judged judged(const Evidence& evidence, const std::string& output);

/// What the term asks its network for. \param output  of output_parameter()
void need_output(Term& term, const std::string& output);

}  // namespace kdseg::losses
