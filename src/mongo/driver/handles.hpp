#pragma once

#include <mongoc/mongoc.h>

#include <memory>

#include "mongo/driver/cursor.hpp"

namespace wellspring::mongo::driver {

/// Owners of libmongoc's handles.
template <auto Destroy>
struct Destroyer {
  template <class T>
  void operator()(T* handle) const {
    Destroy(handle);
  }
};
using UriHandle = std::unique_ptr<mongoc_uri_t, Destroyer<mongoc_uri_destroy>>;
using CollectionHandle = std::unique_ptr<mongoc_collection_t, Destroyer<mongoc_collection_destroy>>;
using ApmHandle = std::unique_ptr<mongoc_apm_callbacks_t, Destroyer<mongoc_apm_callbacks_destroy>>;

/// A document on the heap. No unique_ptr, as bson_t's alignment is lost on a template argument.
class BsonHandle {
 public:
  explicit BsonHandle(bson_t* document) : document_(document) {}
  ~BsonHandle() { bson_destroy(document_); }
  BsonHandle(const BsonHandle&) = delete;
  BsonHandle& operator=(const BsonHandle&) = delete;
  bson_t* get() const { return document_; }

 private:
  bson_t* document_;
};

}  // namespace wellspring::mongo::driver
