// Any number of trained networks that learn from labels and from each other.
#pragma once
#include <memory>

#include "methods/setup.h"

namespace kdseg::methods {

/// One step: every pass of a network over a stream once, whoever asks for it; all losses, teachers'
/// outputs without gradient; then the networks' updates in the order of their sections, and the
/// averages. Source: Zhang et al. 2018, Deep Mutual Learning; with two streams the last steps of
/// Li et al. 2020 (MKD), algorithm 1.
/// Differs from the paper (Zhang et al.): all losses are computed before the first update, as MKD
/// does.
/// \throws UsageError  see plan_of()
std::unique_ptr<Method> make_mutual(const Setup& setup);

}  // namespace kdseg::methods
