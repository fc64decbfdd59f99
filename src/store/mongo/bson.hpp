#pragma once

#include <bson/bson.h>

#include <boost/json/fwd.hpp>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/timestamp.hpp"

/// BSON as values. Inside this folder what goes wrong is thrown as Failure; session.hpp turns it into a
/// Result, so it never leaves the folder.
namespace wellspring::store::mongo {

/// A document that owns its bytes.
class Doc {
 public:
  Doc() : bson_(bson_new()) {}
  explicit Doc(const bson_t& copied) : bson_(bson_copy(&copied)) {}
  Doc(const Doc& other) : Doc(*other.bson_) {}
  Doc(Doc&& other) noexcept : bson_(std::exchange(other.bson_, nullptr)) {}
  Doc& operator=(Doc other) noexcept {
    std::swap(bson_, other.bson_);
    return *this;
  }
  ~Doc() { bson_destroy(bson_); }

  const bson_t* get() const { return bson_; }
  bson_t* get() { return bson_; }
  const bson_t& operator*() const { return *bson_; }
  std::size_t bytes() const { return bson_->len; }
  bool operator==(const Doc& other) const { return bson_equal(bson_, other.bson_); }

 private:
  bson_t* bson_;
};

/// An array that owns its bytes.
class Array {
 public:
  Array() = default;
  explicit Array(const bson_t& copied) : doc_(copied), size_(bson_count_keys(&copied)) {}
  template <class Value>
  Array& push(const Value& value);
  std::uint32_t size() const { return size_; }
  const Doc& doc() const { return doc_; }
  bool operator==(const Array&) const = default;

 private:
  Doc doc_;
  std::uint32_t size_ = 0;
};

/// An ObjectId by its 24 hexadecimal digits.
struct Oid {
  std::string hex;
  auto operator<=>(const Oid&) const = default;
};

void append(bson_t& to, std::string_view key, std::string_view text);
inline void append(bson_t& to, std::string_view key, const char* text) {
  append(to, key, std::string_view(text));
}
inline void append(bson_t& to, std::string_view key, const std::string& text) {
  append(to, key, std::string_view(text));
}
void append(bson_t& to, std::string_view key, std::int64_t number);
void append(bson_t& to, std::string_view key, Timestamp at);
void append(bson_t& to, std::string_view key, const Oid& id);
void append(bson_t& to, std::string_view key, const Doc& document);
void append(bson_t& to, std::string_view key, const Array& array);
void append(bson_t& to, std::string_view key, const bson_value_t& value);
void append(bson_t& to, std::string_view key, std::nullptr_t);
/// MongoDB's vector format: binary subtype 9, element type 0x27 (float32), no padding, little-endian values.
void append(bson_t& to, std::string_view key, const std::vector<float>& vector);
void append_flag(bson_t& to, std::string_view key, bool flag);
template <std::same_as<bool> Flag>
void append(bson_t& to, std::string_view key, Flag flag) {
  append_flag(to, key, flag);
}
template <class Number>
requires((std::integral<Number> && !std::same_as<Number, bool>) ||
         std::is_enum_v<Number>) void append(bson_t& to, std::string_view key, Number number) {
  append(to, key, static_cast<std::int64_t>(number));
}
template <class Value>
void append(bson_t& to, std::string_view key, const std::optional<Value>& value) {
  if (value) {
    append(to, key, *value);
  } else {
    append(to, key, nullptr);
  }
}

template <class Value>
Array& Array::push(const Value& value) {
  append(*doc_.get(), std::to_string(size_++), value);
  return *this;
}

inline void add_to(Doc&) {}
template <class Value, class... Rest>
void add_to(Doc& doc, std::string_view key, const Value& value, const Rest&... rest) {
  append(*doc.get(), key, value);
  add_to(doc, rest...);
}
/// doc("a", 1, "b", "text") is {a: 1, b: "text"}.
template <class... Members>
Doc doc(const Members&... members) {
  Doc made;
  add_to(made, members...);
  return made;
}
template <class... Values>
Array array(const Values&... values) {
  Array made;
  (made.push(values), ...);
  return made;
}

/// Reads the members of one document. Throws Failure (kCorrupt) that names the row and the member.
class Fields {
 public:
  /// `document` must outlive this; `what` names the row in messages.
  Fields(const bson_t& document, std::string what) : document_(document), what_(std::move(what)) {}

  std::string text(const char* name) const;
  std::int64_t integer(const char* name) const;
  std::size_t count(const char* name) const;
  Timestamp time(const char* name) const;
  Oid oid(const char* name) const;
  /// Absent, null or of another type: nothing.
  std::optional<std::string> optional_text(const char* name) const;
  std::optional<std::int64_t> optional_integer(const char* name) const;
  std::optional<Timestamp> optional_time(const char* name) const;
  std::optional<Oid> optional_oid(const char* name) const;
  std::optional<Array> optional_array(const char* name) const;
  std::optional<Doc> optional_document(const char* name) const;
  bool flag(const char* name, bool otherwise = false) const;
  /// The documents of an array; nothing when it is absent.
  std::vector<Doc> documents(const char* name) const;
  /// The strings of an array; other items are left out.
  std::vector<std::string> texts(const char* name) const;
  bool has(const char* name) const;
  [[noreturn]] void broken(const char* name) const;

 private:
  bool find(const char* path, bson_iter_t& at) const;
  const bson_t& document_;
  std::string what_;
};

/// A number of whatever numeric type; nothing for other values and for fractions.
std::optional<std::int64_t> integer_at(const bson_iter_t& at);
/// A vector in MongoDB's vector format, or an array of numbers; nothing when `name` is absent or neither.
std::optional<std::vector<float>> vector_at(const bson_t& document, const char* name);
/// The value of `name` as text for messages and keys: an ObjectId's digits, a string, a number; else "?".
std::string label_of(const bson_t& document, const char* name);
/// The same document as JSON: times as ISO strings, ObjectIds as their digits, other types as null.
boost::json::object to_json(const bson_t& document);
/// The value of `name` as bytes that are equal for equal values only; empty when it is absent.
std::string key_of(const bson_t& document, const char* name);
std::string key_of(const bson_value_t& value);
/// Calls `each` with the value of every member.
void for_each_value(const bson_t& document, const std::function<void(const bson_value_t&)>& each);

/// The filter for rows whose member has one of these values. A single one is asked for by itself: FerretDB
/// looks only such a one up, and for $in reads the whole collection.
Doc any_of(const char* member, const Array& values);

}  // namespace wellspring::store::mongo
