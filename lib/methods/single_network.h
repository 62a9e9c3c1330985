// One trained network: from labels alone, or with a frozen teacher and an adversary beside it.
#pragma once
#include <memory>

#include "losses/objective.h"
#include "methods/setup.h"

namespace kdseg::methods {

/// One step: forward with dropout, the weighted sum of the loss terms, one optimizer update.
/// \throws UsageError  a term needs a teacher
std::unique_ptr<Method> make_supervised(const Setup& setup);

/// One step: the teacher's forward pass without gradients; the network's loss (terms, plus the
/// adversary's) and update; then the adversary's own update on the maps of before the network's.
/// Equals HAD-Net's official order, with one forward pass of the discriminator over the student's
/// maps instead of two, because the discriminator does not change between them.
/// Source: HAD-Net, Vadacchino et al. 2021.
/// \throws UsageError  no teacher, nothing that uses it, or settings of a term or the adversary are
/// wrong
std::unique_ptr<Method> make_teacher_student(const Setup& setup);

/// \throws UsageError  neither an adversary nor a loss term uses the teacher
void require_use_of_teacher(const losses::Objective& objective, bool adversary);

}  // namespace kdseg::methods
