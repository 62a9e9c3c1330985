// How long threads without work spin before they sleep: a bounded number of rounds.
#include <cstdlib>
#include <cstring>

// libgomp, which runs LibTorch's threads, lets a thread without work spin 300,000 rounds, a few
// milliseconds. On a machine that others use too, in a container with a quota or beside a second
// training the spinning takes the cores from the threads that have work: nine times the time beside
// three busy processes. 1000 rounds cost nothing on a machine of one's own.
//
// libgomp asks for GOMP_SPINCOUNT once, when it is loaded, before any code of ours runs: setenv()
// comes too late, and a program that sets it and starts itself anew pays for loading LibTorch
// twice. So the programs answer the question themselves: this getenv() stands before the C
// library's for everything in the process, and differs from it in this one variable, where the user
// says nothing about waiting. CMakeLists.txt makes the linker take it.
extern "C" char* getenv(const char* name) noexcept {
  char* given = secure_getenv(name);  // the C library's own; no program of ours is setuid
  if (given || std::strcmp(name, "GOMP_SPINCOUNT") != 0 || secure_getenv("OMP_WAIT_POLICY"))
    return given;
  static char rounds[] = "1000";
  return rounds;
}
