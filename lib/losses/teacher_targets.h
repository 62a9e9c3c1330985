// A teacher's output as the target of a student: softened probabilities, or decisions.
#pragma once
#include <ATen/core/Tensor.h>

#include "losses/objective.h"

namespace kdseg::losses {

/// Probabilities [N, K, ...] of logits divided by `temperature`, float32 or wider.
at::Tensor softened(const at::Tensor& logits, const Head& head, double temperature);

/// Decisions as targets [N, K, ...] of 0 and 1: 1 at the likeliest class (regions: above 0.5).
at::Tensor decided(const at::Tensor& logits, const Head& head);

/// The term `soft-dice`: 1 - Dice of the student's probabilities, which are not softened, and the
/// teacher's softened ones. A student that copies a confident teacher does not bring it to 0.
TermRow soft_dice_row();

/// The term `teacher-binary-cross-entropy`: the student's probabilities against the teacher's
/// decisions.
TermRow teacher_binary_cross_entropy_row();

/// The term `teacher-cross-entropy`: mean over voxels of -sum_k t_k log s_k, t the teacher's
/// probabilities (softened), s the student's; regions: each against the rest. Its least value is
/// the teacher's entropy. Source: Li et al. 2020, arXiv:2010.01532, equation 7 (temperature 1).
TermRow teacher_cross_entropy_row();

}  // namespace kdseg::losses
