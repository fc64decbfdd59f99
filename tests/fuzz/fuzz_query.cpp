// Queries of any bytes, with any filter, mode and vector, against a small index of several segments with dead
// chunks.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "index/filter.hpp"
#include "index/index.hpp"

namespace {

using namespace wellspring;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kDimension = 3;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Takes fields off the front of the input, each up to the next newline.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::string field() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string text(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return text;
  }
  std::string rest() const { return std::string(rest_); }

 private:
  std::string_view rest_;
};

void split(std::string_view text, std::string_view, std::vector<std::string>& terms) {
  for (std::size_t first = 0; first < text.size();) {
    const std::size_t end = std::min(text.find(' ', first), text.size());
    if (end > first) terms.emplace_back(text.substr(first, end - first));
    first = end + 1;
  }
}

std::shared_ptr<const index::Snapshot> make_snapshot() {
  constexpr std::array kTexts{"river water", "water", "stone and water", "", "stone stone stone", "river"};
  index::IndexOptions options;
  options.dimension = kDimension;
  index::Index index(options, split);
  for (std::size_t article = 0; article < 12; ++article) {
    const model::ArticleKey key{ArticleId(std::to_string(article)), article % 3 == 0 ? "fr" : "en"};
    std::vector<model::EmbeddedChunk> chunks(1 + article % 3);
    for (std::size_t at = 0; at < chunks.size(); ++at) {
      chunks[at].chunk.text = kTexts[(article + at) % kTexts.size()];
      chunks[at].chunk.metadata.article = key;
      chunks[at].chunk.metadata.index = at;
      chunks[at].chunk.metadata.categories = {"c" + key.id.value()};
      chunks[at].chunk.metadata.extra = {{"tag", "t"}};
      chunks[at].vector = {static_cast<float>(article), 1, static_cast<float>(at)};
    }
    index.replace(key, std::move(chunks));
    if (article == 8) index.merge_step();
    if (article % 5 == 4) index.remove(ArticleId(std::to_string(article - 1)));
  }
  return index.snapshot();
}

void check(const model::Query& query, const std::vector<model::Hit>& hits) {
  require(hits.size() <= query.k);
  const index::Matcher matcher(query.filter);
  for (std::size_t at = 0; at < hits.size(); ++at) {
    require(std::isfinite(hits[at].score));
    require(at == 0 || hits[at - 1].score >= hits[at].score);
    require(matcher.matches(hits[at].chunk->metadata));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::shared_ptr<const index::Snapshot> snapshot = make_snapshot();
  Input input(data, size);
  model::Query query;
  query.mode = static_cast<model::SearchMode>(input.byte() % 3);
  query.k = input.byte();
  index::SearchOptions options;
  options.fusion = input.byte() % 2 == 0 ? index::Fusion::kConvex : index::Fusion::kRrf;
  options.candidates = input.byte();
  const std::array<float, kDimension> vector{static_cast<float>(input.byte()) - 128,
                                             static_cast<float>(input.byte()), 1};
  const std::size_t vector_size = input.byte() % 5 == 0 ? 0 : kDimension;
  query.locale = input.field();
  for (unsigned conditions = input.byte() % 4; conditions > 0; --conditions) {
    model::FieldMatch& condition = query.filter.emplace_back();
    condition.field = input.field();
    for (unsigned values = input.byte() % 4; values > 0; --values) condition.any_of.push_back(input.field());
  }
  query.text = input.rest();
  check(query, snapshot->search(query, std::span(vector).first(vector_size), options));
  return 0;
}
