#include "cli/commands.hpp"

int main(int argc, char** argv) {
  return wellspring::cli::run(argc, argv);
}
