#include "http/request_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace wellspring::http {
namespace {

constexpr std::size_t kHeadMax = 512;

std::string head_of(std::size_t bytes) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX-Filler: ";
  head.append(bytes - head.size() - 4, 'x');
  return head + "\r\n\r\n";
}

Progress read_in_pieces(RequestReader& reader, std::string_view bytes, std::size_t piece) {
  for (;;) {
    const Progress progress = reader.parse_head();
    if (progress != Progress::kNeedMore || bytes.empty()) return progress;
    const auto room = reader.prepare();
    const std::size_t next = std::min({room.size(), piece, bytes.size()});
    std::memcpy(room.data(), bytes.data(), next);
    reader.commit(next);
    bytes.remove_prefix(next);
  }
}

TEST(RequestReaderTest, TheHeadsLimitIsExactHoweverItComesIn) {
  for (const std::size_t piece : {1U, 3U, 10U, 100U, 511U, 4'096U}) {
    RequestReader fits(kHeadMax);
    EXPECT_EQ(read_in_pieces(fits, head_of(kHeadMax), piece), Progress::kReady) << piece;
    for (const std::size_t more : {1U, 2U, 4U, 100U, 1'000U}) {
      RequestReader reader(kHeadMax);
      EXPECT_EQ(read_in_pieces(reader, head_of(kHeadMax + more), piece), Progress::kRefused)
          << "pieces of " << piece << ", over by " << more;
      EXPECT_EQ(reader.refusal().status, 431);
    }
  }
}

TEST(RequestReaderTest, AHeadWithoutEndIsRefusedAtTheLimit) {
  RequestReader reader(kHeadMax);
  const std::string endless = "GET / HTTP/1.1\r\nX-Filler: " + std::string(kHeadMax, 'x');
  EXPECT_EQ(read_in_pieces(reader, endless, 7), Progress::kRefused);
  EXPECT_EQ(reader.refusal().status, 431);
}

}  // namespace
}  // namespace wellspring::http
