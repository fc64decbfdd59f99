#include "base/random_hex.hpp"

#include <openssl/rand.h>

#include <vector>

#include "base/digest.hpp"

namespace wellspring {

Result<std::string> random_hex(std::size_t bytes) {
  std::vector<unsigned char> drawn(bytes);
  if (RAND_bytes(drawn.data(), static_cast<int>(drawn.size())) != 1)
    return fail(ErrorKind::kResource, "draw random bytes: the system gave none; try again");
  return to_hex({reinterpret_cast<const char*>(drawn.data()), drawn.size()});
}

}  // namespace wellspring
