#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace wellspring::cli {

struct HttpReply {
  int status = 0;
  std::string body;
};

/// Calls one Wellspring server. Blocks; not thread-safe.
class HttpClient {
 public:
  /// `base_url` like `http://127.0.0.1:8000`; `token` is sent as Bearer token when it is not empty.
  HttpClient(std::string base_url, std::string token);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Errors: kUnavailable when the server cannot be reached, kDeadline. Any status is a reply.
  Result<HttpReply> get(std::string_view target);
  Result<HttpReply> post(std::string_view target, std::string_view content_type, std::string_view body);
  /// As post(), handing the body to `on_piece` as it arrives when the status is 200; the reply's body is then
  /// empty.
  Result<HttpReply> post_streamed(std::string_view target, std::string_view body,
                                  const std::function<void(std::string_view)>& on_piece);

 private:
  struct State;
  Result<HttpReply> perform(std::string_view target);
  std::string base_url_;
  std::string token_;
  std::unique_ptr<State> state_;
};

/// The reply's JSON when the status is 200 or 201; otherwise an error with what the server said.
Error reply_error(const HttpReply& reply, std::string_view what);

}  // namespace wellspring::cli
