#include "http/message.hpp"

#include <algorithm>
#include <array>

namespace wellspring::http {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 8> kMethods{{
    {Method::kGet, "GET"},
    {Method::kHead, "HEAD"},
    {Method::kPost, "POST"},
    {Method::kPut, "PUT"},
    {Method::kDelete, "DELETE"},
    {Method::kPatch, "PATCH"},
    {Method::kOptions, "OPTIONS"},
    {Method::kOther, "OTHER"},
}};

constexpr std::array<std::pair<int, std::string_view>, 27> kReasons{{
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view left, std::string_view right) {
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(),
                                                   [](char a, char b) { return lower(a) == lower(b); });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

std::string decode_form_value(std::string_view raw) {
  std::string spaced(raw);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced).value_or(spaced);
}

}  // namespace

std::string_view name(Method method) {
  return kMethods[static_cast<std::size_t>(method)].second;
}

Method parse_method(std::string_view text) {
  const auto at =
      std::find_if(kMethods.begin(), kMethods.end(), [&](const auto& row) { return row.second == text; });
  return at == kMethods.end() ? Method::kOther : at->first;
}

std::string_view Request::header(std::string_view header_name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, header_name)) return value;
  }
  return {};
}

std::vector<std::string_view> Request::header_lines(std::string_view header_name) const {
  std::vector<std::string_view> lines;
  for (const auto& [key, value] : headers) {
    if (same_name(key, header_name)) lines.push_back(value);
  }
  return lines;
}

std::string_view Request::path_parameter(std::string_view parameter) const {
  for (const auto& [key, value] : path_parameters) {
    if (key == parameter) return value;
  }
  return {};
}

std::optional<std::string> Request::query_parameter(std::string_view parameter) const {
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (decode_form_value(pair.substr(0, equals)) != parameter) continue;
    return equals == std::string_view::npos ? std::string() : decode_form_value(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::string_view reason_phrase(int status) {
  const auto at =
      std::find_if(kReasons.begin(), kReasons.end(), [&](const auto& row) { return row.first == status; });
  return at == kReasons.end() ? "Unknown" : at->second;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

}  // namespace wellspring::http
