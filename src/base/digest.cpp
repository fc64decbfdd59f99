#include "base/digest.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <array>
#include <memory>

#include "base/error.hpp"

namespace wellspring {
namespace {

struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
};
struct FreeContext {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHex[byte >> 4];
    text += kHex[byte & 0xF];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes_of(bytes), bytes.size(), digest.data());
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string hmac_sha256(std::string_view key, std::initializer_list<std::string_view> pieces) {
  const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr));
  const std::unique_ptr<EVP_MAC_CTX, FreeContext> context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  std::string digest_name = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name.data(), 0),
      OSSL_PARAM_construct_end()};
  bool good = context && EVP_MAC_init(context.get(), bytes_of(key), key.size(), parameters.data()) == 1;
  for (const std::string_view piece : pieces)
    good = good && EVP_MAC_update(context.get(), bytes_of(piece), piece.size()) == 1;
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  std::size_t written = 0;
  good = good && EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &written,
                               digest.size()) == 1;
  if (!good || written != digest.size()) {
    throw Failure(Error{ErrorKind::kResource, "HMAC-SHA256: OpenSSL could not compute it", {}});
  }
  return digest;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace wellspring
