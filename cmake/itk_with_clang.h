// Debian's ITK was configured for GCC alone and stops at any other compiler. Its headers hold
// nothing that clang lacks, so for this one header clang passes for the GCC that they were made
// with.
#pragma once
#pragma push_macro("__clang__")
#pragma push_macro("__GNUC__")
#undef __clang__
#undef __GNUC__
#define __GNUC__ 12
#include <itk_compiler_detection.h>
#pragma pop_macro("__GNUC__")
#pragma pop_macro("__clang__")
