// A tree on its way out of the process that read it; see base/confined.h.
#pragma once
#include "base/confined.h"
#include "io/tree.h"

namespace kdseg::io {

void send_tree(Sink& sink, const Tree& tree);
Tree receive_tree(Source& source);

}  // namespace kdseg::io
