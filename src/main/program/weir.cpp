#include <string>
#include <vector>

#include "main/command.hpp"

int main(int argc, char** argv) {
  return weir::main::run_command(std::vector<std::string>(argv + 1, argv + argc));
}
