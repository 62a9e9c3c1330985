// Compiling a loop once per instruction set; the best is chosen when the program starts.
#pragma once

#if defined(__x86_64__) && defined(__gnu_linux__)
#define KDSEG_VERSIONS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KDSEG_VERSIONS
#endif
