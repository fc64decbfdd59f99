#pragma once

#include <memory>
#include <string_view>

#include "obs/log.hpp"

namespace wellspring::mongo::driver {

/// libmongoc, started once in main() before any thread, and ended after the last client. Its messages go to
/// our log.
class Library {
 public:
  explicit Library(obs::Log& log);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

}  // namespace wellspring::mongo::driver
