#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "llm/chat_model.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "rag/spend.hpp"
#include "rag/spend_file.hpp"
#include "runtime/executors.hpp"

namespace wellspring::rag {

struct SpendOptions {
  SpendPrices prices;
  SpendLimits limits;
  std::size_t output_tokens_max = 1'024;  ///< the longest answer the model is asked for
};

/// The process's SpendLedger: kept in a file, shown in metrics. What is spent survives a restart; a crash
/// counts calls under way at the worst they may have cost. Lives on the io executor, where usage() and
/// level() may be called from any thread. Destroy when io runs no more; what is not on disk then is written,
/// which blocks.
class SpendGuard {
  struct State;

 public:
  /// Reads the record. Blocks. Errors: those of check_spend() and of SpendFile::read().
  static Result<std::unique_ptr<SpendGuard>> open(const SpendOptions& options, SpendFile file,
                                                  runtime::Executors& executors, const Clock& clock,
                                                  obs::Log& log, obs::Metrics& metrics);
  ~SpendGuard();
  SpendGuard(const SpendGuard&) = delete;
  SpendGuard& operator=(const SpendGuard&) = delete;

  /// The money put aside for one call. However the call ends, this ends the reservation: when no text came it
  /// is refunded, otherwise charged with what the model told, or with an estimate where it told nothing. May
  /// outlive the guard. Move-only; on io.
  class Hold {
   public:
    Hold(Hold&&) noexcept = default;
    Hold& operator=(Hold&&) = delete;
    ~Hold();
    /// Text came.
    void wrote(std::size_t bytes) { written_bytes_ += bytes; }
    /// The call ended well; its counts are 0 when the model does not tell.
    void ended(const llm::Generation& generation) { told_ = generation; }

   private:
    friend class SpendGuard;
    Hold(std::shared_ptr<State> state, std::string model, std::string operation, std::size_t prompt_bytes,
         NanoUsd worst);
    TokenUse used() const;

    std::shared_ptr<State> state_;  ///< null when moved from
    std::string model_;
    std::string operation_;
    std::size_t prompt_bytes_;
    NanoUsd worst_;
    std::size_t written_bytes_ = 0;
    llm::Generation told_;
  };
  /// Puts aside the worst that `request` may cost, durably where there is a limit. Nothing when a limit
  /// leaves no room for it. `model` and `operation` are labels in metrics.
  boost::asio::awaitable<std::optional<Hold>> reserve(const llm::ChatRequest& request, std::string model,
                                                      std::string operation);

  /// Waits until everything so far is on disk, or could not be brought there. On io.
  boost::asio::awaitable<void> saved();

  SpendRecord record() const;
  SpendLevel level() const;
  const SpendLimits& limits() const;

 private:
  explicit SpendGuard(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // shared with holds, and coroutines whose last resume comes after this died
};

}  // namespace wellspring::rag
