#include <malloc.h>

#include <string>
#include <vector>

#include "main/command.hpp"

int main(int argc, char** argv) {
  // Large buffers go back to the system when they are freed. Left to itself, glibc keeps up to
  // 32 MiB of each size it has seen.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  return weir::main::run_command(std::vector<std::string>(argv + 1, argv + argc));
}
