#include "store/sqlite/job_payload.hpp"

#include <boost/json.hpp>

namespace wellspring::store::sqlite {

model::Article read_payload(const std::string& text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object())
    throw Failure(fail(ErrorKind::kCorrupt, "the article of a job is no JSON object"));
  auto article = model::article_from_json(value.get_object());
  if (!article) throw Failure(article.error());
  return std::move(*article);
}

}  // namespace wellspring::store::sqlite
