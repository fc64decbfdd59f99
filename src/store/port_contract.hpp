#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

/// A contract suite tells what every adapter of a port must do. A test program of an adapter includes the
/// suite's header and instantiates it with a factory.
namespace wellspring::store {

/// An adapter of one port under test, with somewhere to keep its data.
template <class Port>
class PortUnderTest {
 public:
  virtual ~PortUnderTest() = default;
  virtual Port& port() = 0;
  /// Closes and opens again; an adapter that keeps nothing does nothing.
  virtual void reopen() = 0;
};

template <class Port>
using PortFactory = std::function<std::unique_ptr<PortUnderTest<Port>>()>;

/// For adapters that are whole by themselves and keep nothing.
template <class Port, class Adapter>
class InMemory final : public PortUnderTest<Port> {
 public:
  Port& port() override { return adapter_; }
  void reopen() override {}

 private:
  Adapter adapter_;
};

}  // namespace wellspring::store
