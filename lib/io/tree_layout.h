// What every file of ours has around its content: schema, content id, provenance.
#pragma once
#include <string>

#include "io/tree.h"

namespace kdseg::io {

inline constexpr int schema_major = 1, schema_minor = 0;

const char* type_name(Type type);  ///< "f32"

/// Root attributes that write_tree adds and read_tree takes off.
bool is_envelope(const std::string& object, const std::string& name);
bool is_provenance(const std::string& object);

}  // namespace kdseg::io
