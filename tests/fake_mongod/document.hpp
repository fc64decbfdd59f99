#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wellspring::testing {

/// What a command answers instead of `ok: 1`. Thrown while a command runs and caught in one place, the
/// connection, which turns it into the reply. `code` and `name` are MongoDB's own.
class CommandError : public std::runtime_error {
 public:
  CommandError(int code, std::string name, const std::string& message)
      : std::runtime_error(message), code_(code), name_(std::move(name)) {}
  int code() const { return code_; }
  const std::string& name() const { return name_; }

 private:
  int code_;
  std::string name_;
};

CommandError bad_value(const std::string& message);
CommandError failed_to_parse(const std::string& message);

/// An owned BSON document with value semantics.
class Document {
 public:
  Document();
  explicit Document(const bson_t& source);
  Document(const Document& other);
  Document& operator=(const Document& other);
  Document(Document&&) noexcept = default;
  Document& operator=(Document&&) noexcept = default;
  ~Document() = default;

  /// Nothing when the bytes are not one whole, valid document.
  static std::optional<Document> from_bytes(std::span<const std::uint8_t> bytes);
  /// Nothing when the text is not a JSON object.
  static std::optional<Document> from_json(std::string_view json);

  bson_t* get() { return bson_.get(); }
  const bson_t* get() const { return bson_.get(); }
  const bson_t& operator*() const { return *bson_; }
  std::span<const std::uint8_t> bytes() const;
  /// Empty when the document nests too deeply for libbson to print.
  std::string json() const;

  Document& add(std::string_view key, std::int32_t value);
  Document& add(std::string_view key, std::int64_t value);
  Document& add(std::string_view key, double value);
  Document& add(std::string_view key, bool value);
  Document& add(std::string_view key, std::string_view value);
  Document& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  Document& add(std::string_view key, const bson_value_t& value);
  Document& add(std::string_view key, const Document& value);
  Document& add(std::string_view key, std::span<const Document> array);
  Document& add(std::string_view key, std::span<const std::string> array);

 private:
  struct Free {
    void operator()(bson_t* bson) const { bson_destroy(bson); }
  };
  std::unique_ptr<bson_t, Free> bson_;
};

/// An element of a document. `value` borrows from the document's bytes.
struct Element {
  std::string_view key;
  bson_value_t value;
};

/// The elements in order. They borrow from `document`, which must outlive them unchanged.
std::vector<Element> elements(const bson_t& document);
/// The elements of an embedded document or array; none for any other type.
std::vector<Element> elements(const bson_value_t& value);

/// The document as one value, borrowed.
bson_value_t as_value(const bson_t& document);

/// The value under `key` (not a path), borrowed.
std::optional<bson_value_t> find(const bson_t& document, std::string_view key);
std::optional<bson_value_t> find(const bson_value_t& document, std::string_view key);
std::optional<std::int64_t> find_integer(const bson_t& document, std::string_view key);
std::optional<std::string> find_string(const bson_t& document, std::string_view key);
/// The embedded document or array under `key`, copied.
std::optional<Document> find_document(const bson_t& document, std::string_view key);
/// MongoDB's truth: true or a number that is not zero. Absent is `fallback`.
bool find_flag(const bson_t& document, std::string_view key, bool fallback);
/// The documents of the array under `key`, copied; none when it is absent.
std::vector<Document> find_documents(const bson_t& document, std::string_view key);

// The conversions throw TypeMismatch for a value of another type.
Document to_document(const bson_value_t& value);
bool is_document(const bson_value_t& value);
bool is_array(const bson_value_t& value);
bool is_number(const bson_value_t& value);
bool truthy(const bson_value_t& value);
double to_double(const bson_value_t& number);
std::int64_t to_integer(const bson_value_t& number);
std::string to_text(const bson_value_t& value);

}  // namespace wellspring::testing
