#pragma once

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sync/reconciler.hpp"

namespace wellspring::sync {

/// A CMS for tests: lists and gives its documents as Payload does, and misbehaves where a test says so.
class FakeCms {
 public:
  struct Doc {
    int updated_at = 0;  ///< milliseconds of 2025
    bool published = true;
    std::map<std::string, std::string> titles{};  ///< by locale; empty: the title is the id
  };

  CmsGet get() {
    return [this](std::string target) { return answer(std::move(target)); };
  }

  std::map<std::string, Doc> docs;
  std::vector<std::string> requests;
  /// Takes the place of the answer to a request; empty status: the usual one.
  std::function<net::GetResponse(const std::string& target)> instead = [](const std::string&) {
    return net::GetResponse{};
  };
  std::function<void(const std::string& target)> before = [](const std::string&) {};
  std::function<bool(const std::string& id)> is_listed = [](const std::string&) { return true; };
  bool hangs = false;  ///< no answer until the call is cancelled

  static std::string time(int updated_at) { return fmt::format("2025-01-01T00:00:00.{:03}Z", updated_at); }

 private:
  boost::asio::awaitable<Result<net::GetResponse>> answer(std::string target) {
    requests.push_back(target);
    before(target);
    if (hangs) {
      boost::asio::steady_timer never(co_await boost::asio::this_coro::executor,
                                      boost::asio::steady_timer::time_point::max());
      boost::system::error_code woken;
      co_await never.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
      co_return fail(ErrorKind::kCancelled, "cancelled");
    }
    net::GetResponse response = instead(target);
    if (response.status == 0) {
      response.status = 200;
      const std::size_t slash = target.find('/', 5);
      const std::size_t query = target.find('?');
      if (slash != std::string::npos && slash < query) {
        const auto doc = docs.find(target.substr(slash + 1, query - slash - 1));
        response.status = doc == docs.end() ? 404 : 200;
        if (doc != docs.end()) response.body = whole(doc->first, doc->second, locale_of(target));
      } else {
        response.body = list(number(target, "limit="), number(target, "page="), locale_of(target));
      }
    }
    response.received = response.body.size() + 100;
    co_return response;
  }

  static std::size_t number(const std::string& target, const std::string& name) {
    return std::stoul(target.substr(target.find(name) + name.size()));
  }
  static std::string locale_of(const std::string& target) {
    const std::size_t at = target.find("&locale=");
    return at == std::string::npos ? "" : target.substr(at + 8, target.find('&', at + 8) - at - 8);
  }
  static std::string title(const std::string& id, const Doc& doc, const std::string& locale) {
    if (locale.empty() || doc.titles.empty()) return '"' + id + '"';
    const auto own = doc.titles.find(locale);
    return own == doc.titles.end() ? "null" : '"' + own->second + '"';
  }
  static std::string entry(const std::string& id, const Doc& doc, const std::string& locale) {
    return fmt::format(R"({{"id":"{}","updatedAt":"{}","status":"{}","title":{})", id, time(doc.updated_at),
                       doc.published ? "published" : "draft", title(id, doc, locale));
  }
  static std::string whole(const std::string& id, const Doc& doc, const std::string& locale) {
    return entry(id, doc, locale) + R"(,"createdAt":"2025-01-01T00:00:00.000Z","markdown":"text of )" + id +
           "\"}";
  }
  std::string list(std::size_t limit, std::size_t page, const std::string& locale) const {
    std::vector<std::string> all;
    for (const auto& [id, doc] : docs) {
      if (is_listed(id)) all.push_back(entry(id, doc, locale) + "}");
    }
    std::string shown;
    for (std::size_t i = (page - 1) * limit; i < std::min(all.size(), page * limit); ++i)
      shown += (shown.empty() ? "" : ",") + all[i];
    return fmt::format(R"({{"docs":[{}],"totalDocs":{},"page":{},"hasNextPage":{}}})", shown, all.size(),
                       page, page * limit < all.size() ? "true" : "false");
  }
};

}  // namespace wellspring::sync
