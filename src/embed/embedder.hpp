#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace wellspring::embed {

/// Turns text into unit vectors. Thread-safe; blocks the calling thread (call it on the cpu executor).
/// Errors: kResource or kBug from the runtime; text of any bytes is accepted and never an error.
class Embedder {
 public:
  virtual ~Embedder() = default;
  /// One vector of `dimension()` floats per text, in order, each of length 1. Texts longer than the model's
  /// window are cut.
  virtual Result<std::vector<std::vector<float>>> embed(std::span<const std::string_view> texts) const = 0;
  virtual std::size_t dimension() const = 0;
  /// Word pieces of `text` as this model counts them, without the two special pieces.
  virtual std::size_t count_tokens(std::string_view text) const = 0;
  /// The longest input in pieces, including the two special pieces.
  virtual std::size_t max_tokens() const = 0;
  /// Names model and form ("all-minilm-l6-v2/int8"); stored beside vectors, which are only comparable under
  /// one name.
  virtual const std::string& model_name() const = 0;
};

}  // namespace wellspring::embed
