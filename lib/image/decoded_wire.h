// A decoded scan on its way out of the process that read it; see base/confined.h.
#pragma once
#include "base/confined.h"
#include "image/formats.h"

namespace kdseg::image {

void send_decoded(Sink& sink, const Decoded& decoded);
Decoded receive_decoded(Source& source);

}  // namespace kdseg::image
