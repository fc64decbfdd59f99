#pragma once

#include <onnxruntime_c_api.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// ONNX Runtime's C API with owners for its handles. Included by .cpp files only.
namespace wellspring::embed::detail {

/// Null when the library at run time is older than the header.
inline const OrtApi* find_api() {
  static const OrtApi* const api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  return api;
}

/// Only after find_api() was seen not to be null.
inline const OrtApi& api() {
  return *find_api();
}

struct Release {
  void operator()(OrtStatus* status) const { api().ReleaseStatus(status); }
  void operator()(OrtEnv* env) const { api().ReleaseEnv(env); }
  void operator()(OrtSessionOptions* options) const { api().ReleaseSessionOptions(options); }
  void operator()(OrtSession* session) const { api().ReleaseSession(session); }
  void operator()(OrtMemoryInfo* info) const { api().ReleaseMemoryInfo(info); }
  void operator()(OrtValue* value) const { api().ReleaseValue(value); }
  void operator()(OrtTensorTypeAndShapeInfo* info) const { api().ReleaseTensorTypeAndShapeInfo(info); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

/// Lets a call that fills a `T**` fill an Owned<T>, at the end of the full expression: `CreateEnv(...,
/// out(env))`.
template <class T>
class Out {
 public:
  explicit Out(Owned<T>& target) : target_(target) {}
  ~Out() { target_.reset(raw_); }
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;
  operator T**() { return &raw_; }

 private:
  Owned<T>& target_;
  T* raw_ = nullptr;
};
template <class T>
Out<T> out(Owned<T>& target) {
  return Out<T>(target);
}

/// The one place that reads ONNX Runtime's errors.
inline ErrorKind kind_of(const OrtStatus& status) {
  switch (api().GetErrorCode(&status)) {
    case ORT_NO_SUCHFILE:
      return ErrorKind::kNotFound;
    case ORT_NO_MODEL:
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH:
      return ErrorKind::kCorrupt;
    case ORT_NOT_IMPLEMENTED:
      return ErrorKind::kUnsupported;
    default:
      // There is no code for exhausted memory; the arena and std::bad_alloc use these words.
      const std::string_view message = api().GetErrorMessage(&status);
      const bool memory = message.find("Failed to allocate memory") != std::string_view::npos ||
                          message.find("bad_alloc") != std::string_view::npos;
      return memory ? ErrorKind::kResource : ErrorKind::kBug;
  }
}

/// Takes the outcome of a call; throws Failure unless it is a success. `operation` and `model` go into the
/// message.
inline void require(OrtStatus* outcome, std::string_view operation, const std::string& model) {
  const Owned<OrtStatus> status(outcome);
  if (status == nullptr) return;
  throw Failure(fail(kind_of(*status),
                     std::string(operation) + " '" + model + "': " + api().GetErrorMessage(status.get()),
                     model));
}

}  // namespace wellspring::embed::detail
