#include "mongo/driver/library.hpp"

#include <mongoc/mongoc.h>
#include <pthread.h>

#include <atomic>
#include <cstdlib>

namespace wellspring::mongo::driver {
namespace {

constexpr std::string_view kLogger = "mongo";

/// Retiring a client goes through mongoc_client_pool_min_size(), which warns each time that it is deprecated.
bool is_expected(std::string_view message) {
  return message.find("min_size") != std::string_view::npos ||
         message.find("minPoolSize") != std::string_view::npos;
}

void forward(mongoc_log_level_t level, const char* domain, const char* message, void* user_data) {
  auto& log = *static_cast<obs::Log*>(user_data);
  if (is_expected(message)) return;
  if (level <= MONGOC_LOG_LEVEL_CRITICAL) {
    log.error(kLogger, message, {{"domain", domain}});
  } else if (level == MONGOC_LOG_LEVEL_WARNING) {
    log.warning(kLogger, message, {{"domain", domain}});
  }
}

// A process is one or the other for good.
std::atomic<bool> forked_child{false};

}  // namespace

bool is_forked_child() {
  return forked_child;
}

Library::Library(obs::Log& log) {
  // Counters in shared memory outlive a process that is killed, as files under /dev/shm.
  setenv("MONGOC_DISABLE_SHM", "1", /*overwrite=*/1);
  pthread_atfork(nullptr, nullptr, [] { forked_child = true; });
  mongoc_init();
  mongoc_log_set_handler(forward, &log);
}

Library::~Library() {
  mongoc_log_set_handler(mongoc_log_default_handler, nullptr);
  mongoc_cleanup();
}

}  // namespace wellspring::mongo::driver
