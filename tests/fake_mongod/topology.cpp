#include "fake_mongod/topology.hpp"

#include <array>
#include <utility>

namespace wellspring::testing {
namespace {

constexpr std::int32_t kDocumentBytesMax = 16 * 1024 * 1024;
constexpr std::int32_t kMessageBytesMax = 48'000'000;
constexpr std::int32_t kWriteBatchMax = 100'000;
constexpr std::int32_t kSessionMinutes = 30;

}  // namespace

Topology::Topology(TopologyOptions options, std::uint16_t port)
    : options_(std::move(options)), address_("127.0.0.1:" + std::to_string(port)) {
  bson_oid_init(&process_id_, nullptr);
}

Document Topology::hello_reply(std::int64_t connection_id, Timestamp now) const {
  Document reply;
  reply.add("helloOk", true).add("ismaster", writable_primary_).add("isWritablePrimary", writable_primary_);
  if (options_.topology_version) {
    Document version;
    bson_append_oid(version.get(), "processId", -1, &process_id_);
    reply.add("topologyVersion", version.add("counter", counter_));
  }
  if (!options_.replica_set.empty()) {
    reply.add("setName", options_.replica_set).add("setVersion", 1).add("secondary", !writable_primary_);
    reply.add("hosts", std::array{address_}).add("me", address_);
    if (writable_primary_) {
      reply.add("primary", address_);
    }
  }
  reply.add("maxBsonObjectSize", kDocumentBytesMax).add("maxMessageSizeBytes", kMessageBytesMax);
  reply.add("maxWriteBatchSize", kWriteBatchMax).add("logicalSessionTimeoutMinutes", kSessionMinutes);
  bson_append_date_time(reply.get(), "localTime", -1, now.time_since_epoch().count());
  return reply.add("connectionId", connection_id)
      .add("minWireVersion", 0)
      .add("maxWireVersion", options_.max_wire_version)
      .add("readOnly", false)
      .add("ok", 1.0);
}

bool Topology::awaitable(const bson_t& hello) const {
  return options_.topology_version && find(hello, "topologyVersion") && find(hello, "maxAwaitTimeMS");
}

std::int64_t Topology::known_counter(const bson_t& hello) const {
  const auto version = find_document(hello, "topologyVersion");
  const auto process = version ? find(**version, "processId") : std::nullopt;
  if (!process || process->value_type != BSON_TYPE_OID ||
      !bson_oid_equal(&process->value.v_oid, &process_id_)) {
    return -1;
  }
  return find_integer(**version, "counter").value_or(-1);
}

void Topology::set_writable_primary(bool writable) {
  writable_primary_ = writable;
  announce();
}

}  // namespace wellspring::testing
