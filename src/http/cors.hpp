#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace wellspring::http {

/// Cross-origin rules of contract 1.0: every method and header for the listed origins, with credentials.
/// Pure.
class Cors {
 public:
  /// `origins` as in `http://localhost:3000`; `*` stands for all.
  explicit Cors(std::vector<std::string> origins);

  bool allows(std::string_view origin) const;
  /// The answer to a preflight; empty when the request is none.
  std::optional<Response> preflight(const Request& request) const;
  /// Adds what a browser needs to hand the answer to a page of an allowed origin.
  void decorate(const Request& request, Response& response) const;

 private:
  std::vector<std::string> origins_;
  bool any_ = false;
};

}  // namespace wellspring::http
