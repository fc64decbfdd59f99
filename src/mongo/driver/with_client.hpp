#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "mongo/driver/errors.hpp"
#include "mongo/driver/mongo_pool.hpp"

namespace wellspring::mongo::driver {

/// Which operations may be done again when their connection died.
enum class Repeat {
  kIfUnsent,    ///< only what never left this process: for writes that are not idempotent
  kIdempotent,  ///< reads, and writes that come to the same when done twice
};

struct Operation {
  std::string_view name;  ///< begins the message of an error: "finding articles"
  LeaseTag tag = {};
  SteadyTime deadline = SteadyTime::max();  ///< covers waiting, connecting, the operation and its repeats
  Repeat repeat = Repeat::kIfUnsent;
};

/// How often an operation is begun at most. libmongoc repeats once by itself in each.
inline constexpr int kAttemptsMax = 3;

namespace detail {

template <class Outcome>
struct ResultOf {
  using type = Result<typename Outcome::value_type>;
};
template <>
struct ResultOf<bool> {
  using type = Result<void>;
};

/// Retires what is of no further use. kTimeout when the holder's deadline was what ended it.
inline void mark_after(ClientLease& lease, const bson_error_t& error) {
  if (!spoils_connection(error)) return;
  const bool late = std::chrono::steady_clock::now() >= lease.deadline();
  lease.mark(late ? Returned::kTimeout : Returned::kError);
}

inline Error error_after(const ClientLease& lease, const bson_error_t& error, std::string_view operation) {
  Error failed = classify(error, operation);
  if (failed.kind == ErrorKind::kUnavailable && std::chrono::steady_clock::now() >= lease.deadline())
    failed.kind = ErrorKind::kDeadline;
  return failed;
}

}  // namespace detail

/// Runs `work(mongoc_client_t*, bson_error_t*)` on a connection of the pool. `work` returns std::optional<T>,
/// or bool, and sets the error when it returns nothing or false. Marks the connection by the error,
/// classifies the error once, and begins again on another connection when the first one failed, as `repeat`
/// allows and the deadline leaves time: while the server is away, the repeat waits in the pool. Blocks.
/// `first` is a lease that was acquired already, without blocking.
template <class Work>
auto with_client(MongoPool& pool, const Operation& operation, const Work& work,
                 std::optional<ClientLease> first = std::nullopt) {
  // Not invoke_result_t: bson_error_t loses its alignment as a template argument, and g++ says so.
  using Outcome = decltype(work(nullptr, nullptr));
  using Answer = typename detail::ResultOf<Outcome>::type;
  for (int attempt = 1;; ++attempt) {
    if (!first) {
      auto acquired = pool.acquire(operation.tag, operation.deadline);
      if (!acquired) return Answer(acquired.error());
      first.emplace(std::move(*acquired));
    }
    ClientLease lease = std::move(*std::exchange(first, std::nullopt));
    const std::uint64_t sent_before = lease.sent();
    bson_error_t error{};
    Outcome outcome = work(lease.client(), &error);
    if (outcome) {
      if constexpr (std::is_same_v<Outcome, bool>) {
        return Answer();
      } else {
        return Answer(std::move(*outcome));
      }
    }
    detail::mark_after(lease, error);
    const Error failed = detail::error_after(lease, error, operation.name);
    const bool may_repeat = operation.repeat == Repeat::kIdempotent || lease.sent() == sent_before;
    if (failed.kind != ErrorKind::kUnavailable || !may_repeat || attempt == kAttemptsMax)
      return Answer(failed);
  }
}

}  // namespace wellspring::mongo::driver
