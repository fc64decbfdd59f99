#include "fake_mongod/matching.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "fake_mongod/updating.hpp"

namespace wellspring::testing {
namespace {

int sign(auto left, auto right) {
  return left < right ? -1 : (right < left ? 1 : 0);
}

int type_order(bson_type_t type) {
  switch (type) {
    case BSON_TYPE_MINKEY:
      return -1;
    case BSON_TYPE_UNDEFINED:
    case BSON_TYPE_NULL:
      return 1;
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
      return 2;
    case BSON_TYPE_UTF8:
      return 3;
    case BSON_TYPE_DOCUMENT:
      return 4;
    case BSON_TYPE_ARRAY:
      return 5;
    case BSON_TYPE_BINARY:
      return 6;
    case BSON_TYPE_OID:
      return 7;
    case BSON_TYPE_BOOL:
      return 8;
    case BSON_TYPE_DATE_TIME:
      return 9;
    case BSON_TYPE_TIMESTAMP:
      return 10;
    case BSON_TYPE_MAXKEY:
      return 127;
    default:
      throw bad_value("a value's type cannot be compared by this server: " + std::to_string(type));
  }
}

int compare_numbers(const bson_value_t& left, const bson_value_t& right) {
  if (left.value_type != BSON_TYPE_DOUBLE && right.value_type != BSON_TYPE_DOUBLE) {
    return sign(to_integer(left), to_integer(right));
  }
  return sign(to_double(left), to_double(right));
}

int compare_elements(const bson_value_t& left, const bson_value_t& right) {
  const auto lefts = elements(left);
  const auto rights = elements(right);
  for (std::size_t i = 0; i < std::min(lefts.size(), rights.size()); ++i) {
    int order = sign(type_order(lefts[i].value.value_type), type_order(rights[i].value.value_type));
    order = order != 0 ? order : lefts[i].key.compare(rights[i].key);
    order = order != 0 ? order : compare(lefts[i].value, rights[i].value);
    if (order != 0) {
      return order;
    }
  }
  return sign(lefts.size(), rights.size());
}

int compare_binary(const bson_value_t& left, const bson_value_t& right) {
  const auto& a = left.value.v_binary;
  const auto& b = right.value.v_binary;
  const int order = a.data_len != b.data_len ? sign(a.data_len, b.data_len) : sign(a.subtype, b.subtype);
  return order != 0 ? order : std::memcmp(a.data, b.data, a.data_len);
}

bson_value_t null_value() {
  bson_value_t value{};
  value.value_type = BSON_TYPE_NULL;
  return value;
}

void collect(const bson_value_t& value, std::string_view path, std::vector<bson_value_t>& found) {
  if (path.empty()) {
    found.push_back(value);
    return;
  }
  const auto dot = path.find('.');
  const std::string_view head = path.substr(0, dot);
  const std::string_view tail = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  for (const Element& element : elements(value)) {
    if (element.key == head) {
      collect(element.value, tail, found);
    } else if (is_array(value) && is_document(element.value)) {
      collect(element.value, path, found);
    }
  }
}

/// Each value, and the elements of those that are arrays: what a condition is tried on.
std::vector<bson_value_t> candidates(const std::vector<bson_value_t>& values) {
  std::vector<bson_value_t> all = values;
  for (const bson_value_t& value : values) {
    if (is_array(value)) {
      for (const Element& element : elements(value)) {
        all.push_back(element.value);
      }
    }
  }
  return all;
}

bool equals_any(const std::vector<bson_value_t>& found, const bson_value_t& wanted) {
  if (found.empty()) {
    return wanted.value_type == BSON_TYPE_NULL;
  }
  return std::any_of(found.begin(), found.end(),
                     [&](const bson_value_t& value) { return compare(value, wanted) == 0; });
}

bool equals_one_of(const std::vector<bson_value_t>& found, const bson_value_t& list) {
  if (!is_array(list)) {
    throw bad_value("$in needs an array");
  }
  const auto wanted = elements(list);
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const Element& element) { return equals_any(found, element.value); });
}

/// Ranges hold between values of one type only.
template <class Holds>
bool in_range(const std::vector<bson_value_t>& found, const bson_value_t& limit, Holds holds) {
  return std::any_of(found.begin(), found.end(), [&](const bson_value_t& value) {
    return type_order(value.value_type) == type_order(limit.value_type) && holds(compare(value, limit));
  });
}

bool meets_all(const std::vector<bson_value_t>& found, const bson_value_t& conditions);

bool meets(const std::vector<bson_value_t>& found, std::string_view name, const bson_value_t& operand) {
  if (name == "$eq") {
    return equals_any(found, operand);
  }
  if (name == "$ne") {
    return !equals_any(found, operand);
  }
  if (name == "$in") {
    return equals_one_of(found, operand);
  }
  if (name == "$nin") {
    return !equals_one_of(found, operand);
  }
  if (name == "$exists") {
    return found.empty() != truthy(operand);
  }
  if (name == "$gt") {
    return in_range(found, operand, [](int order) { return order > 0; });
  }
  if (name == "$gte") {
    return in_range(found, operand, [](int order) { return order >= 0; });
  }
  if (name == "$lt") {
    return in_range(found, operand, [](int order) { return order < 0; });
  }
  if (name == "$lte") {
    return in_range(found, operand, [](int order) { return order <= 0; });
  }
  if (name == "$not") {
    return !meets_all(found, operand);
  }
  throw bad_value("unknown operator: " + std::string(name));
}

bool meets_all(const std::vector<bson_value_t>& found, const bson_value_t& conditions) {
  const auto all = elements(conditions);
  return std::all_of(all.begin(), all.end(),
                     [&](const Element& condition) { return meets(found, condition.key, condition.value); });
}

bool matches_logical(const Element& clause, const bson_t& document) {
  const auto parts = elements(clause.value);
  const auto holds = [&](const Element& part) { return matches(*to_document(part.value), document); };
  if (clause.key == "$and") {
    return std::all_of(parts.begin(), parts.end(), holds);
  }
  if (clause.key == "$or") {
    return std::any_of(parts.begin(), parts.end(), holds);
  }
  if (clause.key == "$nor") {
    return std::none_of(parts.begin(), parts.end(), holds);
  }
  throw bad_value("unknown top level operator: " + std::string(clause.key));
}

bool matches_field(const Element& clause, const bson_t& document) {
  const auto found = candidates(values_at(document, clause.key));
  return is_operator_document(clause.value) ? meets_all(found, clause.value)
                                            : equals_any(found, clause.value);
}

Document project_level(const bson_t& projection, const bson_value_t& value, const std::string& prefix,
                       bool keeps_named) {
  Document kept;
  for (const Element& element : elements(value)) {
    const std::string path = prefix + std::string(element.key);
    const auto named = find(projection, path);
    if (named && path != "_id") {
      if (keeps_named) {
        kept.add(element.key, element.value);
      }
      continue;
    }
    const auto all = elements(projection);
    const bool reaches_inside = std::any_of(
        all.begin(), all.end(), [&](const Element& entry) { return entry.key.starts_with(path + "."); });
    if (reaches_inside && is_document(element.value)) {
      kept.add(element.key, project_level(projection, element.value, path + ".", keeps_named));
    } else if (path == "_id" ? find_flag(projection, "_id", true) : !keeps_named) {
      kept.add(element.key, element.value);
    }
  }
  return kept;
}

}  // namespace

int compare(const bson_value_t& left, const bson_value_t& right) {
  const int types = sign(type_order(left.value_type), type_order(right.value_type));
  if (types != 0) {
    return types;
  }
  switch (left.value_type) {
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
    case BSON_TYPE_DOUBLE:
      return compare_numbers(left, right);
    case BSON_TYPE_UTF8:
      return std::string_view(left.value.v_utf8.str, left.value.v_utf8.len)
          .compare({right.value.v_utf8.str, right.value.v_utf8.len});
    case BSON_TYPE_DOCUMENT:
    case BSON_TYPE_ARRAY:
      return compare_elements(left, right);
    case BSON_TYPE_BINARY:
      return compare_binary(left, right);
    case BSON_TYPE_OID:
      return bson_oid_compare(&left.value.v_oid, &right.value.v_oid);
    case BSON_TYPE_BOOL:
      return sign(left.value.v_bool, right.value.v_bool);
    case BSON_TYPE_DATE_TIME:
      return sign(left.value.v_datetime, right.value.v_datetime);
    case BSON_TYPE_TIMESTAMP: {
      const auto& a = left.value.v_timestamp;
      const auto& b = right.value.v_timestamp;
      return a.timestamp != b.timestamp ? sign(a.timestamp, b.timestamp) : sign(a.increment, b.increment);
    }
    default:
      return 0;
  }
}

std::vector<bson_value_t> values_at(const bson_t& document, std::string_view path) {
  std::vector<bson_value_t> found;
  collect(as_value(document), path, found);
  return found;
}

bool is_operator_document(const bson_value_t& value) {
  if (!is_document(value)) {
    return false;
  }
  const auto fields = elements(value);
  return !fields.empty() && fields.front().key.starts_with("$");
}

bool matches(const bson_t& filter, const bson_t& document) {
  const auto clauses = elements(filter);
  return std::all_of(clauses.begin(), clauses.end(), [&](const Element& clause) {
    return clause.key.starts_with("$") ? matches_logical(clause, document) : matches_field(clause, document);
  });
}

bool sorts_before(const bson_t& specification, const bson_t& left, const bson_t& right) {
  for (const Element& key : elements(specification)) {
    const auto lefts = values_at(left, key.key);
    const auto rights = values_at(right, key.key);
    const int order =
        compare(lefts.empty() ? null_value() : lefts.front(), rights.empty() ? null_value() : rights.front());
    if (order != 0) {
      return to_double(key.value) < 0 ? order > 0 : order < 0;
    }
  }
  return false;
}

Document project(const bson_t& projection, const bson_t& document) {
  bool keeps_named = false;
  bool names_any = false;
  for (const Element& entry : elements(projection)) {
    if (entry.key != "_id") {
      keeps_named = keeps_named || truthy(entry.value);
      names_any = true;
    }
  }
  if (!names_any) {
    keeps_named = find_flag(projection, "_id", false);
  }
  return project_level(projection, as_value(document), "", keeps_named);
}

Document equality_fields(const bson_t& filter) {
  Document fields;
  for (const Element& clause : elements(filter)) {
    if (clause.key == "$and") {
      for (const Element& part : elements(clause.value)) {
        const Document fixed = equality_fields(*to_document(part.value));
        for (const Element& field : elements(*fixed)) {
          fields = with_path(*fields, field.key, field.value);
        }
      }
      continue;
    }
    if (clause.key.starts_with("$")) {
      continue;
    }
    const auto fixed = is_operator_document(clause.value) ? find(clause.value, "$eq") : clause.value;
    if (fixed) {
      fields = with_path(*fields, clause.key, *fixed);
    }
  }
  return fields;
}

}  // namespace wellspring::testing
