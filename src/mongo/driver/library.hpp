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

/// Whether this process was forked from one that had the library: its connections are its parent's, and using
/// them would mix up both conversations.
bool is_forked_child();

}  // namespace wellspring::mongo::driver
