#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "mongo/pool_options.hpp"

namespace wellspring::cmap {

/// A file of the CMAP suite, style "unit" or "integration".
struct TestFile {
  std::string description;
  mongo::PoolOptions options;
  boost::json::object option_members;  ///< as ConnectionPoolCreated shows them
  bool background_runs = true;
  // What the mock does when it is asked to connect.
  std::chrono::milliseconds connect_takes{0};
  int connects_that_fail = 0;
  boost::json::array operations;
  boost::json::array events;
  std::vector<std::string> ignored;
  boost::json::object error;  ///< type and message, or empty
};

/// Throws std::runtime_error with a sentence on a file that is not in the format.
TestFile read_test_file(const std::filesystem::path& path);

/// Whether every member of `expected` is in `actual`; 42 and "42" stand for anything.
bool matches(const boost::json::value& expected, const boost::json::value& actual);

}  // namespace wellspring::cmap
