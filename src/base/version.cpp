#include "base/version.hpp"

namespace wellspring {

std::string_view version() {
  return WELLSPRING_VERSION;
}

}  // namespace wellspring
