#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/job.hpp"

namespace wellspring::sync {

/// A webhook of the CMS, understood (contract 1.9, 2.2, 12).
struct PayloadEvent {
  std::string operation;   ///< as sent; "update" when absent
  bool published = false;  ///< the document is to be served (not a delete, status published)
  model::NewJob job;
};

/// One thing wrong with the document, in the form of contract 1.0's 422 entries.
struct FieldProblem {
  std::string type;              ///< "missing", "string_type", ...
  std::vector<std::string> loc;  ///< path from the document, e.g. {"updatedAt"}
  std::string message;
};

/// Why a webhook is refused. `problems` is empty when the body is no JSON object at all.
struct PayloadRefusal {
  Error error;
  std::vector<FieldProblem> problems;
};

/// error() gives a copy: keep it before looping over its problems.
using PayloadResult = boost::system::result<PayloadEvent, PayloadRefusal>;
[[noreturn]] void throw_exception_from_error(const PayloadRefusal& refusal, const boost::source_location&);

/// Reads a webhook body. `locale` is that of a document whose body names none: the one of the hook's URL,
/// else the default; empty means model::kDefaultLocale. Stored in its usual spelling. Pure. Delete and
/// unpublish need only an id; a publish needs title, updatedAt and text (`markdown`, or `content` as
/// Lexical). Ids may be strings or numbers, relationships ids or objects with an `id`.
PayloadResult parse_payload(std::string_view body, std::string_view locale);

/// Reads one row of an import: `{"id","title","text"}`, optional `locale`, `updated_at`, `slug`, `metadata`
/// (an object of strings), and `deleted: true` to remove the article. Errors: kInvalidArgument naming the
/// member.
Result<model::NewJob> parse_import_row(std::string_view row,
                                       std::string_view default_locale = model::kDefaultLocale);

}  // namespace wellspring::sync
