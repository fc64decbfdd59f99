// A connection's bytes, whole and cut into pieces: the reader must see the same requests, whatever the cuts.
// (Not the same refusals: it may know of a bad head before its end came, or not.) Bodies go on into the
// parsers of questions and queries.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_reader.hpp"
#include "http/wire/chat.hpp"
#include "http/wire/search.hpp"

namespace {

using namespace wellspring::http;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kHeaderBytes = 2'048;
constexpr std::size_t kBodyBytes = 1'024;

/// Everything that came of the bytes, as text that can be compared.
class Connection {
 public:
  explicit Connection(std::string_view bytes, std::size_t piece) : rest_(bytes), piece_(piece) {}

  std::string run() {
    while (next()) {
      const Request& request = reader_.request();
      seen_ +=
          std::string(name(request.method)) + " " + request.path + "?" + std::string(request.query) + "\n";
      for (const auto& [key, value] : request.headers)
        seen_ += std::string(key) + ":" + std::string(value) + "\n";
      seen_ += request.body + "\n";
      static_cast<void>(request.query_parameter("q"));
      static_cast<void>(wire::parse_question(request.body).has_value());
      static_cast<void>(wire::parse_query(request.body).has_value());
    }
    return seen_;
  }

 private:
  bool next() {
    reader_.begin();
    if (!advance([this] { return reader_.parse_head(); })) return false;
    if (reader_.limit_body(kBodyBytes) == Progress::kRefused) return refused();
    return advance([this] { return reader_.parse_body(); });
  }
  template <class Step>
  bool advance(Step step) {
    for (;;) {
      const Progress progress = step();
      if (progress == Progress::kReady) return true;
      if (progress == Progress::kRefused) return refused();
      if (rest_.empty()) return false;
      const auto room = reader_.prepare();
      const std::size_t bytes = std::min({room.size(), piece_, rest_.size()});
      if (bytes == 0) std::abort();
      std::memcpy(room.data(), rest_.data(), bytes);
      reader_.commit(bytes);
      rest_.remove_prefix(bytes);
    }
  }
  bool refused() const {
    if (reader_.refusal().status < 400) std::abort();
    return false;
  }

  std::string_view rest_;
  std::size_t piece_;
  RequestReader reader_{kHeaderBytes};
  std::string seen_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = Connection(bytes, bytes.size() + 1).run();
  if (Connection(bytes, 1 + data[0] % 61).run() != whole) std::abort();
  return 0;
}
