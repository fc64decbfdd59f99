#include "fake_mongod/updating.hpp"

#include <limits>
#include <string>

#include "fake_mongod/matching.hpp"

namespace wellspring::testing {
namespace {

Document set_in(const bson_value_t& container, std::string_view path,
                const std::optional<bson_value_t>& value) {
  const auto dot = path.find('.');
  const bool is_leaf = dot == std::string_view::npos;
  const std::string_view head = path.substr(0, dot);
  Document changed;
  bool seen = false;
  for (const Element& element : elements(container)) {
    if (element.key != head) {
      changed.add(element.key, element.value);
      continue;
    }
    seen = true;
    if (is_leaf) {
      if (value) {
        changed.add(head, *value);
      }
    } else if (is_array(element.value) || is_document(element.value)) {
      const Document inside = set_in(element.value, path.substr(dot + 1), value);
      bson_value_t inner = as_value(*inside);
      inner.value_type = element.value.value_type;
      changed.add(head, inner);
    } else if (value) {
      throw CommandError(28, "PathNotViable", "cannot create a field in '" + std::string(head) + "'");
    } else {
      changed.add(element.key, element.value);
    }
  }
  if (!seen && value) {
    if (is_leaf) {
      changed.add(head, *value);
    } else {
      const Document nothing;
      changed.add(head, set_in(as_value(*nothing), path.substr(dot + 1), value));
    }
  }
  return changed;
}

std::optional<bson_value_t> first_at(const bson_t& document, std::string_view path) {
  const auto found = values_at(document, path);
  return found.empty() ? std::nullopt : std::optional(found.front());
}

bson_value_t sum(const bson_value_t& left, const bson_value_t& right) {
  if (!is_number(left) || !is_number(right)) {
    throw CommandError(14, "TypeMismatch", "$inc needs numbers");
  }
  bson_value_t value{};
  if (left.value_type == BSON_TYPE_DOUBLE || right.value_type == BSON_TYPE_DOUBLE) {
    value.value_type = BSON_TYPE_DOUBLE;
    value.value.v_double = to_double(left) + to_double(right);
    return value;
  }
  std::int64_t total = 0;
  if (__builtin_add_overflow(to_integer(left), to_integer(right), &total)) {
    throw bad_value("$inc overflows a 64-bit integer");
  }
  const bool is_wide = left.value_type == BSON_TYPE_INT64 || right.value_type == BSON_TYPE_INT64 ||
                       total > std::numeric_limits<std::int32_t>::max() ||
                       total < std::numeric_limits<std::int32_t>::min();
  value.value_type = is_wide ? BSON_TYPE_INT64 : BSON_TYPE_INT32;
  if (is_wide) {
    value.value.v_int64 = total;
  } else {
    value.value.v_int32 = static_cast<std::int32_t>(total);
  }
  return value;
}

Document push(const bson_t& document, const Element& field) {
  const auto old = first_at(document, field.key);
  if (old && !is_array(*old)) {
    throw bad_value("$push needs an array");
  }
  const auto items = old ? elements(*old) : std::vector<Element>{};
  Document extended = old ? to_document(*old) : Document();
  extended.add(std::to_string(items.size()), field.value);
  bson_value_t array = as_value(*extended);
  array.value_type = BSON_TYPE_ARRAY;
  return with_path(document, field.key, array);
}

Document apply(const bson_t& document, std::string_view name, const Element& field) {
  if (name == "$set" || name == "$setOnInsert") {
    return with_path(document, field.key, field.value);
  }
  if (name == "$unset") {
    return with_path(document, field.key, std::nullopt);
  }
  if (name == "$push") {
    return push(document, field);
  }
  const auto old = first_at(document, field.key);
  if (name == "$inc") {
    return with_path(document, field.key, old ? sum(*old, field.value) : field.value);
  }
  if (name == "$min" || name == "$max") {
    const int order = old ? compare(field.value, *old) : 0;
    const bool replaces = !old || (name == "$min" ? order < 0 : order > 0);
    return replaces ? with_path(document, field.key, field.value) : Document(document);
  }
  throw failed_to_parse("unknown modifier: " + std::string(name));
}

Document replaced(const bson_t& document, const bson_t& replacement) {
  Document result;
  const auto id = find(document, "_id");
  if (id) {
    result.add("_id", *id);
  }
  for (const Element& field : elements(replacement)) {
    if (field.key != "_id" || !id) {
      result.add(field.key, field.value);
    }
  }
  return result;
}

void require_same_id(const bson_t& before, const bson_t& after) {
  const auto old = find(before, "_id");
  const auto now = find(after, "_id");
  if (old && (!now || compare(*old, *now) != 0)) {
    throw CommandError(66, "ImmutableField", "the update would change the immutable field '_id'");
  }
}

}  // namespace

Document with_path(const bson_t& document, std::string_view path, const std::optional<bson_value_t>& value) {
  return set_in(as_value(document), path, value);
}

Document updated(const bson_t& document, const bson_t& update, Occasion occasion) {
  if (!is_operator_document(as_value(update))) {
    const auto id = find(update, "_id");
    const auto old = find(document, "_id");
    if (id && old && compare(*id, *old) != 0) {
      throw CommandError(66, "ImmutableField", "the replacement would change the immutable field '_id'");
    }
    return replaced(document, update);
  }
  Document result(document);
  for (const Element& modifier : elements(update)) {
    if (modifier.key == "$setOnInsert" && occasion == Occasion::kUpdate) {
      continue;
    }
    for (const Element& field : elements(modifier.value)) {
      result = apply(*result, modifier.key, field);
    }
  }
  require_same_id(document, *result);
  return result;
}

}  // namespace wellspring::testing
