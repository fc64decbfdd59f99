#include "store/digest.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstring>

#include "model/metadata_json.hpp"

namespace wellspring::store {
namespace {

/// FNV-1a with the finalizer of SplitMix64, whose constants these are.
std::uint64_t hash(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t value = 0xCBF29CE484222325U ^ seed;
  for (const char c : bytes) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

/// Values one behind the other, each with its length, so that none runs into the next.
class Bytes {
 public:
  Bytes& operator<<(std::string_view text) {
    all_ += fmt::format("{}:", text.size());
    all_ += text;
    return *this;
  }
  Bytes& operator<<(const std::string& text) { return *this << std::string_view(text); }
  Bytes& operator<<(Timestamp at) { return *this << std::to_string(at.time_since_epoch().count()); }
  Bytes& operator<<(std::size_t number) { return *this << std::to_string(number); }
  Bytes& operator<<(const std::vector<float>& vector) {
    std::string raw(vector.size() * sizeof(float), '\0');
    if (!vector.empty()) std::memcpy(raw.data(), vector.data(), raw.size());
    return *this << raw;
  }
  template <class Value>
  Bytes& operator<<(const std::optional<Value>& value) {
    return value ? *this << *value : *this << std::string_view("-");
  }
  std::string take() { return std::move(all_); }

 private:
  std::string all_;
};

}  // namespace

void Digest::add(std::string_view item) {
  ++count;
  first += hash(item, 0);
  second += hash(item, 0x9E3779B97F4A7C15U);
}

std::string hex(const Digest& digest) {
  return fmt::format("{:016x}{:016x}", digest.first, digest.second);
}

std::string canonical(const StoredRevision& revision, const std::vector<model::EmbeddedChunk>& chunks) {
  Bytes bytes;
  bytes << revision.key.id.value() << revision.key.locale << std::size_t{revision.live} << revision.updated_at
        << revision.content_hash << revision.title << revision.source << revision.embedding_model
        << revision.stored_at << chunks.size();
  for (const model::EmbeddedChunk& embedded : chunks) {
    bytes << embedded.chunk.text << embedded.chunk.body_offset
          << boost::json::serialize(model::to_json(embedded.chunk.metadata)) << embedded.vector;
  }
  return bytes.take();
}

std::string canonical(const model::Job& job) {
  const model::JobState state = job.state == model::JobState::kRunning ? model::JobState::kQueued : job.state;
  Bytes bytes;
  bytes << std::to_string(job.id.value()) << name(job.kind) << static_cast<std::size_t>(job.priority)
        << name(state) << name(job.outcome) << std::to_string(job.attempts) << job.last_error
        << job.accepted_at << job.not_before << job.finished_at
        << boost::json::serialize(model::to_json(job.article)) << job.delivery;
  return bytes.take();
}

std::string canonical(const model::Source& source) {
  Bytes bytes;
  bytes << source.id.value() << source.name << source.type << source.uri << source.status
        << source.last_ingested_at << source.created_at << source.updated_at;
  return bytes.take();
}

std::string canonical(const model::UserQuestion& question) {
  Bytes bytes;
  bytes << question.id.value() << question.text << question.history_length << name(question.endpoint)
        << question.asked_at << question.category << question.tags.size();
  for (const std::string& tag : question.tags) bytes << tag;
  bytes << std::size_t{question.analyzed} << question.analyzed_at << question.locale << name(question.outcome)
        << std::size_t{question.feedback.has_value()};
  if (question.feedback) {
    bytes << std::size_t{question.feedback->helpful} << question.feedback->comment
          << question.feedback->given_at;
  }
  return bytes.take();
}

}  // namespace wellspring::store
