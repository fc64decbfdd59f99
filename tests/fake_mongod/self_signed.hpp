#pragma once

#include "fake_mongod/fake_mongod.hpp"

namespace wellspring::testing {

/// A certificate for localhost signed by itself, valid for an hour.
TlsIdentity self_signed();

}  // namespace wellspring::testing
