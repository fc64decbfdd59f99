#include "app/model_files.hpp"

#include <filesystem>

namespace wellspring::app {

Result<std::string> installed_model_dir() {
  namespace fs = std::filesystem;
  constexpr const char* kModel = "all-minilm-l6-v2";
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed).parent_path();
  // build/<preset>/wellspring in a source tree, bin/wellspring in an installation.
  const fs::path candidates[] = {program / "../../.deps/models" / kModel,
                                 program / "../share/wellspring/models" / kModel,
                                 program / "../../../.deps/models" / kModel};
  for (const fs::path& candidate : candidates) {
    if (fs::exists(candidate / "tokenizer.json", failed))
      return fs::weakly_canonical(candidate, failed).string();
  }
  return fail(ErrorKind::kNotFound,
              "embedding model: none is installed beside the program; run 'make setup', or name a folder "
              "with --model-dir");
}

}  // namespace wellspring::app
