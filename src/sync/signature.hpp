#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/timestamp.hpp"

/// Who sent a webhook, decided from its headers and its body as it came. Pure.
///
/// Two schemes are known. The CMS's own signs the body alone: `X-Webhook-Signature` is the HMAC-SHA256 of the
/// body in lower-case hexadecimal, keyed with the secret's text; `X-Webhook-Timestamp` stands beside it,
/// unsigned. The other one is Standard Webhooks 1.0 (https://www.standardwebhooks.com): `Webhook-Id`,
/// `Webhook-Timestamp` and `Webhook-Signature`, whose `v1,` entries are the HMAC-SHA256 of
/// "id.timestamp.body" in base64. A request with `Webhook-Signature` is judged by that scheme alone.
namespace wellspring::sync {

/// What the sender's clock and ours may differ by, the way included.
inline constexpr std::chrono::seconds kSignatureTolerance{300};
inline constexpr std::size_t kDeliveryIdBytes = 256;

/// A secret shared with senders. Any of those configured makes a signature valid.
struct WebhookSecret {
  std::string text;  ///< as configured; the key of the CMS's scheme
  std::string key;   ///< of Standard Webhooks: what `whsec_` is followed by, decoded; else the text
};

/// kInvalidArgument, without the text, for one that is empty or whose `whsec_` is not followed by base64.
Result<WebhookSecret> read_webhook_secret(std::string_view text);

enum class UnsignedWebhooks { kAccept, kRefuse };

struct SignatureRules {
  std::vector<WebhookSecret> secrets;
  /// While there is no secret.
  UnsignedWebhooks unsigned_webhooks = UnsignedWebhooks::kAccept;
  /// Refuses the CMS's scheme, whose timestamp can be replaced by whoever saw a delivery.
  bool require_delivery_id = false;
};

/// Header values as sent; empty when absent.
struct SignatureHeaders {
  std::string_view cms_signature;
  std::string_view cms_timestamp;
  std::string_view id;
  std::string_view timestamp;
  std::string_view signatures;
};

enum class SignatureCheck {
  kValid,
  kUnsigned,      ///< accepted: no secret is configured
  kNoSecret,      ///< no secret is configured and unsigned webhooks are refused
  kMissing,       ///< a header that the scheme needs is absent
  kMalformed,     ///< a header is not of its form
  kStale,         ///< the timestamp is too far from our clock
  kMismatch,      ///< no secret makes this signature
  kNoDeliveryId,  ///< the CMS's scheme, where a delivery id is required
};
inline constexpr SignatureCheck kSignatureChecks[] = {
    SignatureCheck::kValid,    SignatureCheck::kUnsigned,    SignatureCheck::kNoSecret,
    SignatureCheck::kMissing,  SignatureCheck::kMalformed,   SignatureCheck::kStale,
    SignatureCheck::kMismatch, SignatureCheck::kNoDeliveryId};

/// As metrics and the log call it.
std::string_view name(SignatureCheck check);
constexpr bool is_accepted(SignatureCheck check) {
  return check == SignatureCheck::kValid || check == SignatureCheck::kUnsigned;
}

struct SignatureVerdict {
  SignatureCheck check = SignatureCheck::kMissing;
  /// What is the same however often a sender repeats itself: "standard:" and the id, or "cms:" and the
  /// signature, which is a digest of the body. Empty unless valid.
  std::string delivery;
};

/// The timestamp is looked at before anything is computed.
SignatureVerdict check_signature(const SignatureHeaders& headers, std::string_view body,
                                 const SignatureRules& rules, Timestamp now);

}  // namespace wellspring::sync
