#pragma once

#include "store/missing_vectors.hpp"
#include "store/mongo/chunk_reader.hpp"
#include "store/mongo/document_table.hpp"

namespace wellspring::store::mongo {

/// A revision whose vectors are complete says so in its article's row, so only the others are looked into.
class MongoMissingVectors final : public MissingVectors {
 public:
  MongoMissingVectors(Channel& channel, const Names& names, DocumentTable& documents)
      : channel_(channel), names_(names), documents_(documents) {}
  Result<std::vector<UnembeddedChunk>> list(const std::string& embedding_model, std::size_t dimension,
                                            std::size_t limit) override;
  Result<void> put(const std::string& embedding_model, std::span<const NewVector> vectors) override;

 private:
  struct Search {
    const std::string& embedding_model;
    std::size_t dimension;
    std::size_t limit;
  };
  /// Adds chunks of these revisions, all in one look, until there are enough. Returns those of the revisions
  /// that lack none; empty when it ended early, as that is then not known.
  std::vector<Wanted> look_into(std::span<const Wanted> revisions, const Search& search,
                                std::vector<UnembeddedChunk>& found);
  void note_complete(DocumentRow row, const Oid& revision, const std::string& embedding_model);

  Channel& channel_;
  const Names& names_;
  DocumentTable& documents_;
};

}  // namespace wellspring::store::mongo
