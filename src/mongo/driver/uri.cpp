#include "mongo/driver/uri.hpp"

#include <array>

namespace wellspring::mongo::driver {
namespace {

constexpr std::int32_t kServerSelectionMs = 5'000;
constexpr std::int32_t kConnectMs = 2'000;
constexpr std::int32_t kSocketMs = 60'000;
// An idle pool would otherwise learn of the end of an outage only at the next of libmongoc's looks, 10 s
// apart.
constexpr std::int32_t kHeartbeatMs = 1'000;

// What belongs to the pool. libmongoc gives minPoolSize another meaning and ignores maxIdleTimeMS.
constexpr std::array kOursByPool{MONGOC_URI_MINPOOLSIZE, MONGOC_URI_MAXPOOLSIZE, MONGOC_URI_MAXIDLETIMEMS,
                                 MONGOC_URI_WAITQUEUETIMEOUTMS, MONGOC_URI_WAITQUEUEMULTIPLE};

Error wrong(const std::string& what) {
  return fail(ErrorKind::kInvalidArgument, "mongo.uri: " + what, "mongo.uri");
}

/// Lower-cased option names with their values, of the part behind '?'.
std::vector<std::pair<std::string, std::string>> options_of(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> options;
  const std::size_t mark = text.find('?');
  if (mark == std::string::npos) return options;
  std::size_t at = mark + 1;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('&', at), text.size());
    const std::string option = text.substr(at, end - at);
    const std::size_t equals = std::min(option.find('='), option.size());
    std::string name = option.substr(0, equals);
    for (char& letter : name)
      letter = static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
    options.emplace_back(name, equals < option.size() ? option.substr(equals + 1) : "");
    at = end + 1;
  }
  return options;
}

/// The text without the options that are the pool's.
std::string without_pool_options(const std::string& text, std::vector<std::string>& set_aside) {
  const std::size_t mark = text.find('?');
  if (mark == std::string::npos) return text;
  std::string rest;
  std::size_t at = mark + 1;
  for (const auto& [name, value] : options_of(text)) {
    const std::size_t end = std::min(text.find('&', at), text.size());
    const bool ours = std::find(kOursByPool.begin(), kOursByPool.end(), name) != kOursByPool.end();
    if (ours) {
      set_aside.push_back(text.substr(at, end - at));
    } else {
      rest += (rest.empty() ? "?" : "&") + text.substr(at, end - at);
    }
    at = end + 1;
  }
  return text.substr(0, mark) + rest;
}

std::string hosts_of(const mongoc_uri_t* uri) {
  std::string hosts;
  for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(uri); host != nullptr; host = host->next)
    hosts += (hosts.empty() ? "" : ",") + std::string(host->host_and_port);
  const char* service = mongoc_uri_get_srv_hostname(uri);
  return hosts.empty() && service != nullptr ? service : hosts;
}

}  // namespace

Result<ConnectionString> read_connection_string(const std::string& text) {
  if (!text.starts_with("mongodb://") && !text.starts_with("mongodb+srv://"))
    return wrong("it begins neither with mongodb:// nor with mongodb+srv://");
  ConnectionString read;
  bson_error_t error;
  read.uri.reset(mongoc_uri_new_with_error(without_pool_options(text, read.set_aside).c_str(), &error));
  // libmongoc's message may quote the part it could not read, and with it a password.
  if (!read.uri) {
    return wrong(
        "it cannot be read; check that it has the form mongodb://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS, "
        "with "
        "reserved characters of the user name and the password percent-encoded");
  }
  mongoc_uri_t* const uri = read.uri.get();
  const auto set_unless_given = [uri](const char* name, std::int32_t value) {
    if (!mongoc_uri_has_option(uri, name)) mongoc_uri_set_option_as_int32(uri, name, value);
  };
  set_unless_given(MONGOC_URI_SERVERSELECTIONTIMEOUTMS, kServerSelectionMs);
  set_unless_given(MONGOC_URI_CONNECTTIMEOUTMS, kConnectMs);
  set_unless_given(MONGOC_URI_SOCKETTIMEOUTMS, kSocketMs);
  set_unless_given(MONGOC_URI_HEARTBEATFREQUENCYMS, kHeartbeatMs);
  for (const char* name : {MONGOC_URI_RETRYREADS, MONGOC_URI_RETRYWRITES}) {
    if (!mongoc_uri_has_option(uri, name)) mongoc_uri_set_option_as_bool(uri, name, true);
  }
  const char* const database = mongoc_uri_get_database(uri);
  read.database = database != nullptr ? database : "";
  read.hosts = hosts_of(uri);
  return read;
}

}  // namespace wellspring::mongo::driver
