// The encoding of texts.
#pragma once
#include <string_view>

namespace kdseg {

/// Whether these bytes are UTF-8, which HDF5 attributes, JSON and YAML expect of a text.
bool is_utf8(std::string_view text);

}  // namespace kdseg
