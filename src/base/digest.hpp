#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace wellspring {

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// HMAC-SHA256 of the pieces one behind the other, as 32 bytes. Throws Failure (kResource) when OpenSSL has
/// no memory or lacks SHA-256.
std::string hmac_sha256(std::string_view key, std::initializer_list<std::string_view> pieces);

/// Two lower-case hexadecimal digits for each byte.
std::string to_hex(std::string_view bytes);

/// How long it takes tells nothing about where they differ; the lengths are no secret.
bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace wellspring
