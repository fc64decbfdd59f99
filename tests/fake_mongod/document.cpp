#include "fake_mongod/document.hpp"

#include <utility>

namespace wellspring::testing {

CommandError bad_value(const std::string& message) {
  return {2, "BadValue", message};
}
CommandError failed_to_parse(const std::string& message) {
  return {9, "FailedToParse", message};
}

Document::Document() : bson_(bson_new()) {}
Document::Document(const bson_t& source) : bson_(bson_copy(&source)) {}
Document::Document(const Document& other) : Document(*other.bson_) {}
Document& Document::operator=(const Document& other) {
  if (this != &other) {
    bson_.reset(bson_copy(other.bson_.get()));
  }
  return *this;
}

std::optional<Document> Document::from_bytes(std::span<const std::uint8_t> bytes) {
  bson_t view;
  if (!bson_init_static(&view, bytes.data(), bytes.size()) ||
      !bson_validate(&view, BSON_VALIDATE_NONE, nullptr)) {
    return std::nullopt;
  }
  return Document(view);
}

std::optional<Document> Document::from_json(std::string_view json) {
  Document parsed;
  bson_error_t error;
  parsed.bson_.reset(bson_new_from_json(reinterpret_cast<const std::uint8_t*>(json.data()),
                                        static_cast<ssize_t>(json.size()), &error));
  if (!parsed.bson_) {
    return std::nullopt;
  }
  return parsed;
}

std::span<const std::uint8_t> Document::bytes() const {
  return {bson_get_data(bson_.get()), bson_->len};
}

std::string Document::json() const {
  std::size_t length = 0;
  char* text = bson_as_relaxed_extended_json(bson_.get(), &length);
  std::string json(text == nullptr ? "" : text, text == nullptr ? 0 : length);
  bson_free(text);
  return json;
}

Document& Document::add(std::string_view key, std::int32_t value) {
  bson_append_int32(get(), key.data(), static_cast<int>(key.size()), value);
  return *this;
}
Document& Document::add(std::string_view key, std::int64_t value) {
  bson_append_int64(get(), key.data(), static_cast<int>(key.size()), value);
  return *this;
}
Document& Document::add(std::string_view key, double value) {
  bson_append_double(get(), key.data(), static_cast<int>(key.size()), value);
  return *this;
}
Document& Document::add(std::string_view key, bool value) {
  bson_append_bool(get(), key.data(), static_cast<int>(key.size()), value);
  return *this;
}
Document& Document::add(std::string_view key, std::string_view value) {
  bson_append_utf8(get(), key.data(), static_cast<int>(key.size()), value.data(),
                   static_cast<int>(value.size()));
  return *this;
}
Document& Document::add(std::string_view key, const bson_value_t& value) {
  bson_append_value(get(), key.data(), static_cast<int>(key.size()), &value);
  return *this;
}
Document& Document::add(std::string_view key, const Document& value) {
  bson_append_document(get(), key.data(), static_cast<int>(key.size()), value.get());
  return *this;
}
Document& Document::add(std::string_view key, std::span<const Document> array) {
  Document items;
  std::size_t index = 0;
  for (const Document& item : array) {
    items.add(std::to_string(index++), item);
  }
  bson_append_array(get(), key.data(), static_cast<int>(key.size()), items.get());
  return *this;
}
Document& Document::add(std::string_view key, std::span<const std::string> array) {
  Document items;
  std::size_t index = 0;
  for (const std::string& item : array) {
    items.add(std::to_string(index++), std::string_view(item));
  }
  bson_append_array(get(), key.data(), static_cast<int>(key.size()), items.get());
  return *this;
}

std::vector<Element> elements(const bson_t& document) {
  std::vector<Element> found;
  bson_iter_t iter;
  if (bson_iter_init(&iter, &document)) {
    while (bson_iter_next(&iter)) {
      found.push_back({{bson_iter_key(&iter), bson_iter_key_len(&iter)}, *bson_iter_value(&iter)});
    }
  }
  return found;
}

std::vector<Element> elements(const bson_value_t& value) {
  bson_t view;
  if ((!is_document(value) && !is_array(value)) ||
      !bson_init_static(&view, value.value.v_doc.data, value.value.v_doc.data_len)) {
    return {};
  }
  return elements(view);
}

bson_value_t as_value(const bson_t& document) {
  bson_value_t value{};
  value.value_type = BSON_TYPE_DOCUMENT;
  value.value.v_doc.data = const_cast<std::uint8_t*>(bson_get_data(&document));
  value.value.v_doc.data_len = document.len;
  return value;
}

std::optional<bson_value_t> find(const bson_value_t& document, std::string_view key) {
  for (const Element& element : elements(document)) {
    if (element.key == key) {
      return element.value;
    }
  }
  return std::nullopt;
}

std::optional<bson_value_t> find(const bson_t& document, std::string_view key) {
  bson_iter_t iter;
  if (bson_iter_init_find_w_len(&iter, &document, key.data(), static_cast<int>(key.size()))) {
    return *bson_iter_value(&iter);
  }
  return std::nullopt;
}

std::optional<std::int64_t> find_integer(const bson_t& document, std::string_view key) {
  const auto value = find(document, key);
  return value && is_number(*value) ? std::optional(to_integer(*value)) : std::nullopt;
}

std::optional<std::string> find_string(const bson_t& document, std::string_view key) {
  const auto value = find(document, key);
  return value && value->value_type == BSON_TYPE_UTF8 ? std::optional(to_text(*value)) : std::nullopt;
}

std::optional<Document> find_document(const bson_t& document, std::string_view key) {
  const auto value = find(document, key);
  return value && (is_document(*value) || is_array(*value)) ? std::optional(to_document(*value))
                                                            : std::nullopt;
}

bool find_flag(const bson_t& document, std::string_view key, bool fallback) {
  const auto value = find(document, key);
  return value ? truthy(*value) : fallback;
}

std::vector<Document> find_documents(const bson_t& document, std::string_view key) {
  std::vector<Document> found;
  const auto value = find(document, key);
  if (value) {
    for (const Element& item : elements(*value)) {
      found.push_back(to_document(item.value));
    }
  }
  return found;
}

Document to_document(const bson_value_t& value) {
  bson_t view;
  if ((!is_document(value) && !is_array(value)) ||
      !bson_init_static(&view, value.value.v_doc.data, value.value.v_doc.data_len)) {
    throw CommandError(14, "TypeMismatch", "expected a document");
  }
  return Document(view);
}

bool is_document(const bson_value_t& value) {
  return value.value_type == BSON_TYPE_DOCUMENT;
}
bool is_array(const bson_value_t& value) {
  return value.value_type == BSON_TYPE_ARRAY;
}
bool is_number(const bson_value_t& value) {
  return value.value_type == BSON_TYPE_INT32 || value.value_type == BSON_TYPE_INT64 ||
         value.value_type == BSON_TYPE_DOUBLE;
}

bool truthy(const bson_value_t& value) {
  if (value.value_type == BSON_TYPE_BOOL) {
    return value.value.v_bool;
  }
  return is_number(value) && to_double(value) != 0;
}

double to_double(const bson_value_t& number) {
  return number.value_type == BSON_TYPE_DOUBLE ? number.value.v_double
                                               : static_cast<double>(to_integer(number));
}

std::int64_t to_integer(const bson_value_t& number) {
  switch (number.value_type) {
    case BSON_TYPE_INT32:
      return number.value.v_int32;
    case BSON_TYPE_INT64:
      return number.value.v_int64;
    case BSON_TYPE_DOUBLE:
      return static_cast<std::int64_t>(number.value.v_double);
    default:
      throw CommandError(14, "TypeMismatch", "expected a number");
  }
}

std::string to_text(const bson_value_t& value) {
  if (value.value_type != BSON_TYPE_UTF8) {
    throw CommandError(14, "TypeMismatch", "expected a string");
  }
  return {value.value.v_utf8.str, value.value.v_utf8.len};
}

}  // namespace wellspring::testing
