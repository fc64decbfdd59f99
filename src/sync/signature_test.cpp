// Every expected value was computed by Python's hmac and base64 modules.
#include "sync/signature.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <utility>

namespace wellspring::sync {
namespace {

using Check = SignatureCheck;
using namespace std::chrono_literals;

constexpr std::string_view kBody =
    "{\"operation\":\"update\",\"doc\":{\"id\":\"a1\",\"title\":\"Caf\u00e9\"}}";
constexpr std::string_view kEncodedSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
constexpr std::string_view kTime = "1735689600";
constexpr std::string_view kId = "msg_2b7e151628aed2a6";

constexpr std::string_view kCms = "862a025a60a7fb693c3e97cb383f33d23131505e4a15ff5c718744238e214cba";
constexpr std::string_view kCmsOlder = "6432621937ded2ccf460a3d4df72fd8e70a913e2e244a470012c4e0d7ce5f3ad";
constexpr std::string_view kCmsEncoded = "b6752a88cfbcc1660e7641c5ad684d9b767af2738dd82aa8a8854d4fb164e76f";
constexpr std::string_view kCmsEmptyBody = "f1d742375c6dc4297de050a249a37eded01992ca54ab9098bf30c20b8ff93dd3";
constexpr std::string_view kStandard = "v1,myl6143xpOdv8vzGqm1a6DUQT0YUXjDPIRPo+VvoIWw=";
constexpr std::string_view kStandardOlder = "v1,GuuAZqjrsLwFZrVM+qfCdBDovYK6tDFiMI3bJp0G8ng=";
constexpr std::string_view kStandardEncoded = "v1,VgE32CXnKbh0GHTBPgiMOdv54CRYA0aRfPj2GQTP+1A=";
constexpr std::string_view kStandardLater =
    "v1,y/xeqpy4vRV7bEc24+xoq9rl1OYLSzkcrJxzEWSQGwM=";  // a second later
constexpr std::string_view kStandardDot = "v1,UpFAnlhKGXhabiy6fJGfud01Q+YSoEmeHKFtUI6yVnA=";  // of id "a.1"

Timestamp at(std::chrono::milliseconds after = 0ms) {
  return Timestamp{std::chrono::seconds{1'735'689'600}} + after;
}

SignatureRules rules_of(std::initializer_list<std::string_view> secrets) {
  SignatureRules rules;
  for (const std::string_view secret : secrets) rules.secrets.push_back(read_webhook_secret(secret).value());
  return rules;
}

SignatureHeaders cms(std::string_view signature, std::string_view timestamp = kTime) {
  return {
      .cms_signature = signature, .cms_timestamp = timestamp, .id = {}, .timestamp = {}, .signatures = {}};
}
SignatureHeaders standard(std::string_view signatures, std::string_view timestamp = kTime,
                          std::string_view id = kId) {
  return {
      .cms_signature = {}, .cms_timestamp = {}, .id = id, .timestamp = timestamp, .signatures = signatures};
}

Check checked(const SignatureHeaders& headers, std::string_view body = kBody,
              const SignatureRules& rules = rules_of({"harbour-secret"}), Timestamp now = at()) {
  const SignatureVerdict verdict = check_signature(headers, body, rules, now);
  EXPECT_EQ(verdict.delivery.empty(), verdict.check != Check::kValid);
  return verdict.check;
}

TEST(CmsSignature, TheBodysDigestIsTheDelivery) {
  const auto verdict = check_signature(cms(kCms), kBody, rules_of({"harbour-secret"}), at());
  EXPECT_EQ(verdict.check, Check::kValid);
  EXPECT_EQ(verdict.delivery, "cms:" + std::string(kCms));
  EXPECT_EQ(checked(cms(kCmsEmptyBody), ""), Check::kValid);
}

TEST(CmsSignature, EveryChangedByteIsSeen) {
  std::string body(kBody);
  for (std::size_t i = 0; i < body.size(); ++i) {
    body[i] ^= 1;
    EXPECT_EQ(checked(cms(kCms), body), Check::kMismatch) << i;
    body[i] ^= 1;
  }
  EXPECT_EQ(checked(cms(kCms), body + " "), Check::kMismatch);
  EXPECT_EQ(checked(cms(kCms), body.substr(1)), Check::kMismatch);
  EXPECT_EQ(checked(cms(kCms), body), Check::kValid);
}

TEST(CmsSignature, IsSixtyFourLowerCaseDigits) {
  std::string signature(kCms);
  for (std::size_t i = 0; i < signature.size(); ++i) {
    const char kept = std::exchange(signature[i], signature[i] == '0' ? '1' : '0');
    EXPECT_EQ(checked(cms(signature)), Check::kMismatch) << i;
    signature[i] = kept;
  }
  std::string upper(kCms);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  for (const std::string& odd : {upper, "sha256=" + signature, signature + "0", signature.substr(1),
                                 " " + signature, std::string("x"), std::string(64, 'g')}) {
    EXPECT_EQ(checked(cms(odd)), Check::kMalformed) << odd;
  }
}

TEST(CmsSignature, TheKeyIsTheSecretAsWritten) {
  EXPECT_EQ(checked(cms(kCmsEncoded), kBody, rules_of({kEncodedSecret})), Check::kValid);
  EXPECT_EQ(checked(cms(kCms), kBody, rules_of({kEncodedSecret})), Check::kMismatch);
}

TEST(CmsSignature, IsRefusedWhereADeliveryIdIsRequired) {
  SignatureRules rules = rules_of({"harbour-secret"});
  rules.require_delivery_id = true;
  EXPECT_EQ(checked(cms(kCms), kBody, rules), Check::kNoDeliveryId);
  EXPECT_EQ(checked(standard(kStandard), kBody, rules), Check::kValid);
}

TEST(StandardSignature, TheIdIsTheDelivery) {
  const auto verdict = check_signature(standard(kStandard), kBody, rules_of({"harbour-secret"}), at());
  EXPECT_EQ(verdict.check, Check::kValid);
  EXPECT_EQ(verdict.delivery, "standard:" + std::string(kId));
}

TEST(StandardSignature, CoversIdTimestampAndBody) {
  EXPECT_EQ(checked(standard(kStandard, kTime, "msg_2b7e151628aed2a7")), Check::kMismatch);
  EXPECT_EQ(checked(standard(kStandard, "1735689601")), Check::kMismatch);
  EXPECT_EQ(checked(standard(kStandardLater, "1735689601")), Check::kValid);
  EXPECT_EQ(checked(standard(kStandard), "{}"), Check::kMismatch);
  std::string body(kBody);
  for (std::size_t i = 0; i < body.size(); ++i) {
    body[i] ^= 0x20;
    EXPECT_EQ(checked(standard(kStandard), body), Check::kMismatch) << i;
    body[i] ^= 0x20;
  }
}

TEST(StandardSignature, AnyOfSeveralWillDo) {
  const std::string one(kStandard);
  const std::string other(kStandardOlder);
  for (const std::string& list : {one + " " + other, other + " " + one, "v1a,AAAA " + one,
                                  "v2,x  " + one + " ", "v1, " + one, one + " " + one}) {
    EXPECT_EQ(checked(standard(list)), Check::kValid) << list;
  }
  EXPECT_EQ(checked(standard(other)), Check::kMismatch);
  EXPECT_EQ(checked(standard(other + " v1,AAAA")), Check::kMismatch);
  for (const char* none : {"v1a,AAAA", "x", " ", "V1,AAAA", "v1", "v2,x v3,y"}) {
    EXPECT_EQ(checked(standard(none)), Check::kMalformed) << none;
  }
  EXPECT_EQ(checked(standard(one.substr(3))), Check::kMalformed) << "without its version";
  EXPECT_EQ(checked(standard("v1," + std::string(one.substr(3, 43)))), Check::kMismatch)
      << "without its padding";
}

TEST(StandardSignature, TheKeyIsDecodedAfterItsPrefix) {
  EXPECT_EQ(checked(standard(kStandardEncoded), kBody, rules_of({kEncodedSecret})), Check::kValid);
  EXPECT_EQ(checked(standard(kStandard), kBody, rules_of({kEncodedSecret})), Check::kMismatch);
}

TEST(StandardSignature, IdsAreShortVisibleAndWithoutAFullStop) {
  EXPECT_EQ(checked(standard(kStandardDot, kTime, "a.1")), Check::kMalformed)
      << "though its signature is right";
  for (const std::string& id : {std::string("a b"), std::string("a\tb"), std::string("caf\xC3\xA9"),
                                std::string("\x7F"), std::string(257, 'x')}) {
    EXPECT_EQ(checked(standard(kStandard, kTime, id)), Check::kMalformed) << id;
  }
  EXPECT_EQ(checked(standard(kStandard, kTime, std::string(256, 'x'))), Check::kMismatch);
  EXPECT_EQ(checked(standard(kStandard, kTime, "")), Check::kMissing);
}

TEST(Signatures, TheTimestampMayBeFiveMinutesOffAndNoMore) {
  for (const auto& apart : {-300s, -299s, 0s, 299s, 300s}) {
    EXPECT_EQ(checked(cms(kCms), kBody, rules_of({"harbour-secret"}), at(apart)), Check::kValid)
        << apart.count();
    EXPECT_EQ(checked(standard(kStandard), kBody, rules_of({"harbour-secret"}), at(apart)), Check::kValid);
  }
  for (const auto& apart : {-100'000s, -301s, 301s, 100'000s}) {
    EXPECT_EQ(checked(cms(kCms), kBody, rules_of({"harbour-secret"}), at(apart)), Check::kStale)
        << apart.count();
    EXPECT_EQ(checked(standard(kStandard), kBody, rules_of({"harbour-secret"}), at(apart)), Check::kStale);
  }
  EXPECT_EQ(checked(cms(kCms), kBody, rules_of({"harbour-secret"}), at(300'999ms)), Check::kValid)
      << "senders tell whole seconds";
}

TEST(Signatures, TheTimestampIsDecimalSeconds) {
  for (const char* odd : {"x", "-1735689600", "+1735689600", " 1735689600", "1735689600 ", "1735689600.0",
                          "1.7e9", "0x67748580", "99999999999999999999", "1735689600000"}) {
    EXPECT_EQ(checked(cms(kCms, odd)), Check::kMalformed) << odd;
    EXPECT_EQ(checked(standard(kStandard, odd)), Check::kMalformed) << odd;
  }
  EXPECT_EQ(checked(cms(kCms, "999999999999")), Check::kStale);
  EXPECT_EQ(checked(cms(kCms, "0")), Check::kStale);
  EXPECT_EQ(checked(cms(kCms, "")), Check::kMissing);
  EXPECT_EQ(checked(standard(kStandard, "")), Check::kMissing);
}

TEST(Signatures, TheTimestampIsLookedAtFirst) {
  const Timestamp late = at(301s);
  EXPECT_EQ(checked(cms("nonsense"), kBody, rules_of({"s"}), late), Check::kStale);
  EXPECT_EQ(checked(standard("nonsense", kTime, ""), kBody, rules_of({"s"}), late), Check::kStale);
}

TEST(Signatures, EitherOfTwoSecretsIsValidAndAThirdIsNot) {
  for (const auto& rules :
       {rules_of({"harbour-secret", "older-secret"}), rules_of({"older-secret", "harbour-secret"})}) {
    EXPECT_EQ(checked(cms(kCms), kBody, rules), Check::kValid);
    EXPECT_EQ(checked(cms(kCmsOlder), kBody, rules), Check::kValid);
    EXPECT_EQ(checked(cms(kCmsEncoded), kBody, rules), Check::kMismatch);
    EXPECT_EQ(checked(standard(kStandard), kBody, rules), Check::kValid);
    EXPECT_EQ(checked(standard(kStandardOlder), kBody, rules), Check::kValid);
    EXPECT_EQ(checked(standard(kStandardEncoded), kBody, rules), Check::kMismatch);
  }
}

TEST(Signatures, NoneAtAllIsMissing) {
  EXPECT_EQ(checked({}), Check::kMissing);
  EXPECT_EQ(checked(cms("")), Check::kMissing) << "a timestamp alone";
  EXPECT_EQ(checked(standard("")), Check::kMissing) << "an id and a timestamp alone";
}

TEST(Signatures, TheStricterSchemeIsNotWeakenedByTheOther) {
  SignatureHeaders both = cms(kCms);
  both.id = kId;
  both.timestamp = kTime;
  both.signatures = kStandardOlder;
  EXPECT_EQ(checked(both), Check::kMismatch);
  both.signatures = kStandard;
  both.cms_signature = kCmsOlder;
  EXPECT_EQ(checked(both), Check::kValid);
}

TEST(Signatures, WithoutASecretTheOptionDecides) {
  SignatureRules rules;
  EXPECT_EQ(checked({}, kBody, rules), Check::kUnsigned);
  EXPECT_EQ(checked(standard(kStandard), kBody, rules), Check::kUnsigned)
      << "an id that nobody vouches for is none";
  rules.unsigned_webhooks = UnsignedWebhooks::kRefuse;
  EXPECT_EQ(checked({}, kBody, rules), Check::kNoSecret);
  EXPECT_EQ(checked(cms(kCms), kBody, rules), Check::kNoSecret);
}

TEST(Signatures, OnlyTwoChecksLetAWebhookIn) {
  std::set<std::string_view> names;
  for (const Check check : kSignatureChecks) {
    EXPECT_TRUE(names.insert(name(check)).second) << name(check);
    EXPECT_EQ(is_accepted(check), check == Check::kValid || check == Check::kUnsigned) << name(check);
  }
}

TEST(WebhookSecrets, AreTextOrBase64) {
  EXPECT_EQ(read_webhook_secret("plain")->key, "plain");
  EXPECT_EQ(read_webhook_secret("whsec_Zm9vYmFy")->key, "foobar");
  EXPECT_EQ(read_webhook_secret("whsec_Zm9vYmFy")->text, "whsec_Zm9vYmFy");
  EXPECT_EQ(read_webhook_secret("whsec_+//+")->key, "\xFB\xFF\xFE");
  EXPECT_EQ(read_webhook_secret("whsec_Zm8")->key, "fo") << "without padding";
  for (const char* odd : {"", "whsec_", "whsec_!", "whsec_Zm9vY", "whsec_Zm9v YmFy", "whsec_===="}) {
    const auto refused = read_webhook_secret(odd);
    ASSERT_TRUE(refused.has_error()) << odd;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_EQ(refused.error().message.find("Zm9"), std::string::npos) << "no part of a secret is told";
  }
}

}  // namespace
}  // namespace wellspring::sync
