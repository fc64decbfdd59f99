#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <boost/system/system_error.hpp>
#include <memory>
#include <string>

#include "fake_mongod/driver.hpp"

namespace wellspring::testing {
namespace {

using namespace std::chrono_literals;

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;

std::string text_of(const Memory& memory) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

/// A certificate for localhost signed by itself, valid for an hour.
TlsIdentity self_signed() {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                             -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_sign(certificate.get(), key.get(), EVP_sha256());

  const Memory certificate_pem(BIO_new(BIO_s_mem()));
  const Memory key_pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificate_pem.get(), certificate.get());
  PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate_pem), text_of(key_pem)};
}

FakeMongodOptions over_tls() {
  FakeMongodOptions options;
  options.tls = self_signed();
  return options;
}

const std::string kTrusting = "tls=true&tlsAllowInvalidCertificates=true";
const std::string kQuick = "serverSelectionTimeoutMS=300";

TEST(DriverTlsTest, CountsAndDeathOfConnectionsAreAsOverPlainTcp) {
  FakeMongod server(over_tls());
  {
    DriverPool pool(server.uri(kTrusting));
    ASSERT_TRUE(pool.warm(3));
    EXPECT_TRUE(server.wait_until(
        [](const Ledger& ledger) { return ledger.total().current == 5 && ledger.current(Role::kRtt) == 1; },
        5s))
        << server.snapshot().json();
    EXPECT_EQ(server.kill({.role = Role::kApp, .first = 1}), 1U);
    EXPECT_EQ(server.snapshot().current(Role::kApp), 2U);
  }
  EXPECT_TRUE(server.wait_until([](const Ledger& ledger) { return ledger.total().current == 0; }, 5s));
}

TEST(DriverTlsTest, PlainClientIsTurnedAway) {
  FakeMongod server(over_tls());
  DriverPool pool(server.uri(kQuick));
  EXPECT_FALSE(pool.warm(1));
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 0U);
}

TEST(DriverTlsTest, TlsClientOfAPlainServerIsTurnedAway) {
  FakeMongod server(without_topology_version());
  DriverPool pool(server.uri(kTrusting + "&" + kQuick));
  EXPECT_FALSE(pool.warm(1));
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 0U);
}

TEST(DriverTlsTest, WrongIdentityIsRefusedAtStart) {
  FakeMongodOptions options;
  options.tls = TlsIdentity{"no certificate", "no key"};
  EXPECT_THROW(FakeMongod{options}, boost::system::system_error);
}

}  // namespace
}  // namespace wellspring::testing
