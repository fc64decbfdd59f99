#include "store/mongo/bson.hpp"

#include <fmt/format.h>

#include <bit>
#include <boost/json.hpp>
#include <cmath>
#include <cstring>

#include "base/result.hpp"

namespace wellspring::store::mongo {
namespace {

static_assert(std::endian::native == std::endian::little, "vectors are stored as little-endian float32");

constexpr auto kVectorSubtype = static_cast<bson_subtype_t>(9);
constexpr std::uint8_t kFloat32 = 0x27;
constexpr std::size_t kVectorHeader = 2;  // element type, padding

void require_appended(bool appended, std::string_view key) {
  if (!appended) {
    throw Failure(fail(ErrorKind::kTooLarge, fmt::format("a document does not take member '{}'", key)));
  }
}

int length(std::string_view text) {
  return static_cast<int>(text.size());
}

std::string hex_of(const bson_oid_t& id) {
  char digits[25];
  bson_oid_to_string(&id, digits);
  return digits;
}

boost::json::value json_of(const bson_iter_t& at);

boost::json::array json_array(bson_iter_t at) {
  boost::json::array items;
  while (bson_iter_next(&at)) items.push_back(json_of(at));
  return items;
}

boost::json::object json_object(bson_iter_t at) {
  boost::json::object object;
  while (bson_iter_next(&at)) object.emplace(bson_iter_key(&at), json_of(at));
  return object;
}

boost::json::value json_of(const bson_iter_t& at) {
  bson_iter_t inside;
  switch (bson_iter_type(&at)) {
    case BSON_TYPE_UTF8: {
      std::uint32_t size = 0;
      const char* text = bson_iter_utf8(&at, &size);
      return boost::json::string(text, size);
    }
    case BSON_TYPE_BOOL:
      return bson_iter_bool(&at);
    case BSON_TYPE_DATE_TIME:
      return boost::json::string(
          format_timestamp(Timestamp{std::chrono::milliseconds{bson_iter_date_time(&at)}}));
    case BSON_TYPE_OID:
      return boost::json::string(hex_of(*bson_iter_oid(&at)));
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE: {
      const auto whole = integer_at(at);
      return whole ? boost::json::value(*whole) : boost::json::value(bson_iter_as_double(&at));
    }
    case BSON_TYPE_ARRAY:
      return bson_iter_recurse(&at, &inside) ? boost::json::value(json_array(inside)) : nullptr;
    case BSON_TYPE_DOCUMENT:
      return bson_iter_recurse(&at, &inside) ? boost::json::value(json_object(inside)) : nullptr;
    default:
      return nullptr;
  }
}

std::optional<std::vector<float>> packed_vector(const bson_iter_t& at) {
  bson_subtype_t subtype{};
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  bson_iter_binary(&at, &subtype, &size, &bytes);
  if (subtype != kVectorSubtype || size < kVectorHeader || bytes[0] != kFloat32 || bytes[1] != 0 ||
      (size - kVectorHeader) % sizeof(float) != 0) {
    return std::nullopt;
  }
  std::vector<float> vector((size - kVectorHeader) / sizeof(float));
  if (!vector.empty()) std::memcpy(vector.data(), bytes + kVectorHeader, size - kVectorHeader);
  return vector;
}

std::optional<std::vector<float>> listed_vector(bson_iter_t at) {
  std::vector<float> vector;
  while (bson_iter_next(&at)) {
    if (!BSON_ITER_HOLDS_NUMBER(&at)) return std::nullopt;
    vector.push_back(static_cast<float>(bson_iter_as_double(&at)));
  }
  return vector;
}

}  // namespace

void append(bson_t& to, std::string_view key, std::string_view text) {
  require_appended(bson_append_utf8(&to, key.data(), length(key), text.data(), length(text)), key);
}

void append(bson_t& to, std::string_view key, std::int64_t number) {
  require_appended(bson_append_int64(&to, key.data(), length(key), number), key);
}

void append(bson_t& to, std::string_view key, Timestamp at) {
  require_appended(bson_append_date_time(&to, key.data(), length(key), at.time_since_epoch().count()), key);
}

void append(bson_t& to, std::string_view key, const Oid& id) {
  if (!bson_oid_is_valid(id.hex.data(), id.hex.size())) {
    throw Failure(fail(ErrorKind::kBug, fmt::format("'{}' is no ObjectId", id.hex)));
  }
  bson_oid_t oid;
  bson_oid_init_from_string(&oid, id.hex.c_str());
  require_appended(bson_append_oid(&to, key.data(), length(key), &oid), key);
}

void append(bson_t& to, std::string_view key, const Doc& document) {
  require_appended(bson_append_document(&to, key.data(), length(key), document.get()), key);
}

void append(bson_t& to, std::string_view key, const Array& array) {
  require_appended(bson_append_array(&to, key.data(), length(key), array.doc().get()), key);
}

void append(bson_t& to, std::string_view key, const bson_value_t& value) {
  require_appended(bson_append_value(&to, key.data(), length(key), &value), key);
}

void append(bson_t& to, std::string_view key, std::nullptr_t) {
  require_appended(bson_append_null(&to, key.data(), length(key)), key);
}

void append(bson_t& to, std::string_view key, const std::vector<float>& vector) {
  std::vector<std::uint8_t> bytes(kVectorHeader + vector.size() * sizeof(float));
  bytes[0] = kFloat32;
  if (!vector.empty()) {
    std::memcpy(bytes.data() + kVectorHeader, vector.data(), vector.size() * sizeof(float));
  }
  require_appended(bson_append_binary(&to, key.data(), length(key), kVectorSubtype, bytes.data(),
                                      static_cast<std::uint32_t>(bytes.size())),
                   key);
}

void append_flag(bson_t& to, std::string_view key, bool flag) {
  require_appended(bson_append_bool(&to, key.data(), length(key), flag), key);
}

std::optional<std::int64_t> integer_at(const bson_iter_t& at) {
  if (BSON_ITER_HOLDS_INT(&at)) return bson_iter_as_int64(&at);
  if (!BSON_ITER_HOLDS_DOUBLE(&at)) return std::nullopt;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const double value = bson_iter_double(&at);
  if (!(std::abs(value) <= kExact) || value != std::floor(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::optional<std::vector<float>> vector_at(const bson_t& document, const char* name) {
  bson_iter_t at;
  bson_iter_t inside;
  if (!bson_iter_init_find(&at, &document, name)) return std::nullopt;
  if (BSON_ITER_HOLDS_BINARY(&at)) return packed_vector(at);
  if (BSON_ITER_HOLDS_ARRAY(&at) && bson_iter_recurse(&at, &inside)) return listed_vector(inside);
  return std::nullopt;
}

std::string label_of(const bson_t& document, const char* name) {
  bson_iter_t at;
  if (!bson_iter_init_find(&at, &document, name)) return "?";
  if (BSON_ITER_HOLDS_OID(&at)) return hex_of(*bson_iter_oid(&at));
  if (BSON_ITER_HOLDS_UTF8(&at)) return bson_iter_utf8(&at, nullptr);
  const auto number = integer_at(at);
  return number ? std::to_string(*number) : "?";
}

boost::json::object to_json(const bson_t& document) {
  bson_iter_t at;
  return bson_iter_init(&at, &document) ? json_object(at) : boost::json::object{};
}

std::string key_of(const bson_value_t& value) {
  const Doc only = doc("", value);
  return {reinterpret_cast<const char*>(bson_get_data(only.get())), only.bytes()};
}

std::string key_of(const bson_t& document, const char* name) {
  bson_iter_t at;
  return bson_iter_init_find(&at, &document, name) ? key_of(*bson_iter_value(&at)) : std::string{};
}

void for_each_value(const bson_t& document, const std::function<void(const bson_value_t&)>& each) {
  bson_iter_t at;
  if (!bson_iter_init(&at, &document)) return;
  while (bson_iter_next(&at)) each(*bson_iter_value(&at));
}

bool Fields::find(const char* path, bson_iter_t& at) const {
  bson_iter_t top;
  return bson_iter_init(&top, &document_) && bson_iter_find_descendant(&top, path, &at);
}

void Fields::broken(const char* name) const {
  throw Failure(fail(ErrorKind::kCorrupt,
                     fmt::format("{}: member '{}' is missing or has the wrong type", what_, name)));
}

std::optional<std::string> Fields::optional_text(const char* name) const {
  bson_iter_t at;
  if (!find(name, at) || !BSON_ITER_HOLDS_UTF8(&at)) return std::nullopt;
  std::uint32_t size = 0;
  const char* text = bson_iter_utf8(&at, &size);
  return std::string(text, size);
}

std::optional<std::int64_t> Fields::optional_integer(const char* name) const {
  bson_iter_t at;
  return find(name, at) ? integer_at(at) : std::nullopt;
}

std::optional<Timestamp> Fields::optional_time(const char* name) const {
  bson_iter_t at;
  if (!find(name, at) || !BSON_ITER_HOLDS_DATE_TIME(&at)) return std::nullopt;
  return Timestamp{std::chrono::milliseconds{bson_iter_date_time(&at)}};
}

std::optional<Oid> Fields::optional_oid(const char* name) const {
  bson_iter_t at;
  if (!find(name, at) || !BSON_ITER_HOLDS_OID(&at)) return std::nullopt;
  return Oid{hex_of(*bson_iter_oid(&at))};
}

std::optional<Array> Fields::optional_array(const char* name) const {
  bson_iter_t at;
  if (!find(name, at) || !BSON_ITER_HOLDS_ARRAY(&at)) return std::nullopt;
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  bson_iter_array(&at, &size, &bytes);
  bson_t view;
  if (!bson_init_static(&view, bytes, size)) broken(name);
  return Array(view);
}

std::optional<Doc> Fields::optional_document(const char* name) const {
  bson_iter_t at;
  if (!find(name, at) || !BSON_ITER_HOLDS_DOCUMENT(&at)) return std::nullopt;
  std::uint32_t size = 0;
  const std::uint8_t* bytes = nullptr;
  bson_iter_document(&at, &size, &bytes);
  bson_t view;
  if (!bson_init_static(&view, bytes, size)) broken(name);
  return Doc(view);
}

std::string Fields::text(const char* name) const {
  auto read = optional_text(name);
  if (!read) broken(name);
  return std::move(*read);
}

std::int64_t Fields::integer(const char* name) const {
  const auto read = optional_integer(name);
  if (!read) broken(name);
  return *read;
}

std::size_t Fields::count(const char* name) const {
  const std::int64_t read = integer(name);
  if (read < 0) broken(name);
  return static_cast<std::size_t>(read);
}

Timestamp Fields::time(const char* name) const {
  const auto read = optional_time(name);
  if (!read) broken(name);
  return *read;
}

Oid Fields::oid(const char* name) const {
  auto read = optional_oid(name);
  if (!read) broken(name);
  return std::move(*read);
}

bool Fields::flag(const char* name, bool otherwise) const {
  bson_iter_t at;
  return find(name, at) && BSON_ITER_HOLDS_BOOL(&at) ? bson_iter_bool(&at) : otherwise;
}

bool Fields::has(const char* name) const {
  bson_iter_t at;
  return find(name, at);
}

std::vector<Doc> Fields::documents(const char* name) const {
  std::vector<Doc> all;
  const auto list = optional_array(name);
  if (!list) return all;
  for_each_value(*list->doc(), [&](const bson_value_t& value) {
    bson_t view;
    if (value.value_type != BSON_TYPE_DOCUMENT ||
        !bson_init_static(&view, value.value.v_doc.data, value.value.v_doc.data_len)) {
      broken(name);
    }
    all.emplace_back(view);
  });
  return all;
}

std::vector<std::string> Fields::texts(const char* name) const {
  std::vector<std::string> all;
  const auto list = optional_array(name);
  if (!list) return all;
  for_each_value(*list->doc(), [&](const bson_value_t& value) {
    if (value.value_type == BSON_TYPE_UTF8) all.emplace_back(value.value.v_utf8.str, value.value.v_utf8.len);
  });
  return all;
}

Doc any_of(const char* member, const Array& values) {
  if (values.size() != 1) return doc(member, doc("$in", values));
  Doc filter;
  for_each_value(*values.doc(), [&](const bson_value_t& only) { append(*filter.get(), member, only); });
  return filter;
}

}  // namespace wellspring::store::mongo
