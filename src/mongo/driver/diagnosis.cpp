#include "mongo/driver/diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace wellspring::mongo::driver {
namespace {

bool mentions(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

std::string_view advice_on(const std::string& failure) {
  if (mentions(failure, {"TLS", "SSL", "certificate"})) {
    return "check that the server speaks TLS, and tls, tlsCAFile and tlsCertificateKeyFile of mongo.uri";
  }
  if (mentions(failure, {"resolve", "DNS"})) return "check the host names of mongo.uri";
  if (mentions(failure, {"Failed to connect", "refused"})) {
    return "check that it runs and that host and port of mongo.uri are right";
  }
  return "check that it is a MongoDB server, tls of mongo.uri if it wants TLS, and the network in between";
}

}  // namespace

std::string explain_unreachable(const std::string& hosts, const std::string& failure) {
  if (failure.empty()) return fmt::format("no MongoDB server at {} has answered", hosts);
  return fmt::format("no MongoDB server answers at {} ({}); {}", hosts, failure, advice_on(failure));
}

std::string explain_no_primary(const std::string& hosts) {
  return fmt::format(
      "no server of {} takes writes; check replicaSet of mongo.uri and that the set has a primary", hosts);
}

std::string explain_too_old(const std::string& hosts, int wire_version) {
  return fmt::format(
      "the server at {} is too old (wire version {}, needed 6 or newer); point mongo.uri at MongoDB 3.6 or "
      "newer",
      hosts, wire_version);
}

std::string explain_turned_away(const std::string& message) {
  return fmt::format(
      "the server refused the credentials ({}); check user name, password and authSource of mongo.uri",
      message);
}

std::string explain_forbidden(const std::string& message) {
  return fmt::format(
      "the user of mongo.uri lacks rights ({}); grant it readWrite on the database that mongo.uri names",
      message);
}

}  // namespace wellspring::mongo::driver
