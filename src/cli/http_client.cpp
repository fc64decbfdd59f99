#include "cli/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>

namespace wellspring::cli {
namespace {

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct HeaderDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

}  // namespace

struct HttpClient::State {
  std::unique_ptr<CURL, CurlDeleter> handle{curl_easy_init()};
  HttpReply reply;
  const std::function<void(std::string_view)>* on_piece = nullptr;

  static std::size_t receive(char* data, std::size_t size, std::size_t count, void* self) {
    auto& state = *static_cast<State*>(self);
    const std::string_view piece(data, size * count);
    long status = 0;
    curl_easy_getinfo(state.handle.get(), CURLINFO_RESPONSE_CODE, &status);
    if (state.on_piece != nullptr && status == 200) {
      (*state.on_piece)(piece);
    } else {
      state.reply.body.append(piece);
    }
    return piece.size();
  }
};

HttpClient::HttpClient(std::string base_url, std::string token)
    : base_url_(std::move(base_url)), token_(std::move(token)), state_(std::make_unique<State>()) {
  while (!base_url_.empty() && base_url_.back() == '/') base_url_.pop_back();
}

HttpClient::~HttpClient() = default;

Result<HttpReply> HttpClient::perform(std::string_view target) {
  CURL* handle = state_->handle.get();
  const std::string url = base_url_ + std::string(target);
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, 5'000L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 300'000L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &State::receive);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, state_.get());
  if (!token_.empty()) {
    curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, token_.c_str());
  }
  state_->reply = {};
  const CURLcode code = curl_easy_perform(handle);
  if (code != CURLE_OK) {
    const ErrorKind kind = code == CURLE_OPERATION_TIMEDOUT ? ErrorKind::kDeadline : ErrorKind::kUnavailable;
    return fail(
        kind,
        fmt::format("calling {}: {}; is the server running there?", base_url_, curl_easy_strerror(code)),
        base_url_);
  }
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  state_->reply.status = static_cast<int>(status);
  return std::move(state_->reply);
}

Result<HttpReply> HttpClient::get(std::string_view target) {
  curl_easy_reset(state_->handle.get());
  state_->on_piece = nullptr;
  return perform(target);
}

Result<HttpReply> HttpClient::post(std::string_view target, std::string_view content_type,
                                   std::string_view body) {
  CURL* handle = state_->handle.get();
  curl_easy_reset(handle);
  const std::string type = "Content-Type: " + std::string(content_type);
  std::unique_ptr<curl_slist, HeaderDeleter> headers(
      curl_slist_append(curl_slist_append(nullptr, type.c_str()), "Expect:"));
  curl_easy_setopt(handle, CURLOPT_POST, 1L);
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  auto reply = perform(target);
  state_->on_piece = nullptr;
  return reply;
}

Result<HttpReply> HttpClient::post_streamed(std::string_view target, std::string_view body,
                                            const std::function<void(std::string_view)>& on_piece) {
  state_->on_piece = &on_piece;
  return post(target, "application/json", body);
}

Error reply_error(const HttpReply& reply, std::string_view what) {
  boost::system::error_code failed;
  const auto parsed = boost::json::parse(reply.body, failed);
  std::string said = reply.body.substr(0, 300);
  if (!failed && parsed.is_object() && parsed.get_object().contains("detail")) {
    const auto& detail = parsed.get_object().at("detail");
    said = detail.is_string() ? std::string(detail.get_string()) : boost::json::serialize(detail);
  }
  const ErrorKind kind = reply.status == 401 || reply.status == 403 ? ErrorKind::kUnauthenticated
                         : reply.status == 404                      ? ErrorKind::kNotFound
                         : reply.status == 409                      ? ErrorKind::kConflict
                         : reply.status == 503                      ? ErrorKind::kOverloaded
                         : reply.status < 500                       ? ErrorKind::kInvalidArgument
                                                                    : ErrorKind::kUpstream;
  return fail(kind, fmt::format("{}: the server answered {}: {}", what, reply.status, said));
}

}  // namespace wellspring::cli
