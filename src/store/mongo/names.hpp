#pragma once

#include <string>

namespace wellspring::store::mongo {

/// The collections of one store. The first three are the reference's.
struct Names {
  std::string chunks = "litecoin_docs";  ///< MONGO_COLLECTION_NAME
  std::string sources = "data_sources";
  std::string questions = "user_questions";
  std::string documents = "wellspring_documents";
  std::string jobs = "wellspring_jobs";
  std::string article_times = "wellspring_article_times";
  std::string counters = "wellspring_counters";
};

// Rows of the counters collection.
inline constexpr const char* kChangeCounter = "changes";
inline constexpr const char* kJobCounter = "jobs";
inline constexpr const char* kSourceCounter = "sources";
inline constexpr const char* kQuestionCounter = "questions";
inline constexpr const char* kAdoptionMark = "adoption";

}  // namespace wellspring::store::mongo
