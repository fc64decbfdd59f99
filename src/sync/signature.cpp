#include "sync/signature.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/base64.hpp"
#include "base/digest.hpp"

namespace wellspring::sync {
namespace {

constexpr std::string_view kEncodedSecret = "whsec_";
constexpr std::string_view kVersion = "v1,";
constexpr std::size_t kHexDigits = 64;
constexpr std::size_t kTimestampDigits = 12;

/// kValid when the time is near enough.
SignatureCheck check_time(std::string_view text, Timestamp now) {
  if (text.empty()) return SignatureCheck::kMissing;
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  const bool digits = text.front() >= '0' && text.front() <= '9' && text.size() <= kTimestampDigits;
  if (!digits || read.ec != std::errc{} || read.ptr != end) return SignatureCheck::kMalformed;
  const std::int64_t ours = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const std::int64_t apart = seconds > ours ? seconds - ours : ours - seconds;
  return apart <= kSignatureTolerance.count() ? SignatureCheck::kValid : SignatureCheck::kStale;
}

bool is_lower_hex(std::string_view text) {
  return text.size() == kHexDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Visible ASCII without the full stop, which separates the id from what is signed with it.
bool is_delivery_id(std::string_view id) {
  return id.size() <= kDeliveryIdBytes &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7F' && c != '.'; });
}

/// Every one is looked at, whichever fits, so that the time tells nothing.
bool is_any_equal(const std::vector<std::string>& expected, std::string_view sent) {
  bool found = false;
  for (const std::string& each : expected) found = equal_in_constant_time(each, sent) || found;
  return found;
}

SignatureVerdict check_cms(const SignatureHeaders& headers, std::string_view body,
                           const SignatureRules& rules, Timestamp now) {
  if (rules.require_delivery_id) return {SignatureCheck::kNoDeliveryId, {}};
  if (const auto time = check_time(headers.cms_timestamp, now); time != SignatureCheck::kValid)
    return {time, {}};
  if (!is_lower_hex(headers.cms_signature)) return {SignatureCheck::kMalformed, {}};
  std::vector<std::string> expected;
  for (const WebhookSecret& secret : rules.secrets)
    expected.push_back(to_hex(hmac_sha256(secret.text, {body})));
  if (!is_any_equal(expected, headers.cms_signature)) return {SignatureCheck::kMismatch, {}};
  return {SignatureCheck::kValid, "cms:" + std::string(headers.cms_signature)};
}

/// The `v1` entries of a space-separated list; other versions are for other receivers.
std::vector<std::string_view> entries_of(std::string_view list) {
  std::vector<std::string_view> entries;
  while (!list.empty()) {
    std::string_view entry = list.substr(0, list.find(' '));
    list.remove_prefix(std::min(list.size(), entry.size() + 1));
    if (!entry.starts_with(kVersion)) continue;
    entry.remove_prefix(kVersion.size());
    entries.push_back(entry);
  }
  return entries;
}

SignatureVerdict check_standard(const SignatureHeaders& headers, std::string_view body,
                                const SignatureRules& rules, Timestamp now) {
  if (const auto time = check_time(headers.timestamp, now); time != SignatureCheck::kValid) return {time, {}};
  if (headers.id.empty()) return {SignatureCheck::kMissing, {}};
  const std::vector<std::string_view> entries = entries_of(headers.signatures);
  if (!is_delivery_id(headers.id) || entries.empty()) return {SignatureCheck::kMalformed, {}};
  std::vector<std::string> expected;
  for (const WebhookSecret& secret : rules.secrets)
    expected.push_back(to_base64(hmac_sha256(secret.key, {headers.id, ".", headers.timestamp, ".", body})));
  bool found = false;
  for (const std::string_view entry : entries) found = is_any_equal(expected, entry) || found;
  if (!found) return {SignatureCheck::kMismatch, {}};
  return {SignatureCheck::kValid, "standard:" + std::string(headers.id)};
}

}  // namespace

Result<WebhookSecret> read_webhook_secret(std::string_view text) {
  if (text.empty()) return fail(ErrorKind::kInvalidArgument, "the secret is empty");
  if (!text.starts_with(kEncodedSecret)) return WebhookSecret{std::string(text), std::string(text)};
  auto key = from_base64(text.substr(kEncodedSecret.size()));
  if (!key || key->empty()) {
    return fail(ErrorKind::kInvalidArgument,
                "a secret that begins with whsec_ goes on in base64; this one does not");
  }
  return WebhookSecret{std::string(text), std::move(*key)};
}

std::string_view name(SignatureCheck check) {
  switch (check) {
    case SignatureCheck::kValid:
      return "valid";
    case SignatureCheck::kUnsigned:
      return "unsigned";
    case SignatureCheck::kNoSecret:
      return "no_secret";
    case SignatureCheck::kMissing:
      return "missing";
    case SignatureCheck::kMalformed:
      return "malformed";
    case SignatureCheck::kStale:
      return "stale";
    case SignatureCheck::kMismatch:
      return "mismatch";
    case SignatureCheck::kNoDeliveryId:
      return "no_delivery_id";
  }
  return "missing";
}

SignatureVerdict check_signature(const SignatureHeaders& headers, std::string_view body,
                                 const SignatureRules& rules, Timestamp now) {
  if (rules.secrets.empty()) {
    const bool accepted = rules.unsigned_webhooks == UnsignedWebhooks::kAccept;
    return {accepted ? SignatureCheck::kUnsigned : SignatureCheck::kNoSecret, {}};
  }
  if (!headers.signatures.empty()) return check_standard(headers, body, rules, now);
  if (!headers.cms_signature.empty()) return check_cms(headers, body, rules, now);
  return {SignatureCheck::kMissing, {}};
}

}  // namespace wellspring::sync
