// Least-squares adversarial losses and the rule that lets a discriminator learn.
#pragma once
#include <ATen/core/Tensor.h>

namespace kdseg::losses {

/// Mean of (score - 1)^2 over all patches of a student's scores: what the student adds, times its
/// weight, to look like the teacher. \return scalar, >= 0
/// Source: Mao et al. 2017, arXiv:1611.04076; Vadacchino et al. 2021, arXiv:2103.16617.
at::Tensor adversarial_term(const at::Tensor& scores_of_student);

/// Mean of (r - 1)^2 for the teacher's scores plus mean of q^2 for the student's; no factor 1/2.
at::Tensor discriminator_loss(const at::Tensor& scores_of_teacher,
                              const at::Tensor& scores_of_student);

/// Mean of the shares of teacher patches with score >= 0.5 and student patches with score <= 0.5,
/// in [0, 1]; compared in float32. NaN scores count as wrong.
double discriminator_accuracy(const at::Tensor& scores_of_teacher,
                              const at::Tensor& scores_of_student);

}  // namespace kdseg::losses
