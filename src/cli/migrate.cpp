#include "app/migration.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "cli/commands.hpp"
#include "cli/progress.hpp"

namespace wellspring::cli {
namespace {

/// One bar after the other, as the kinds come.
class Bars {
 public:
  explicit Bars(const Clock& clock) : clock_(clock) {}
  void update(store::MigratedKind kind, std::size_t done, std::size_t total) {
    if (kind_ != kind) {
      bar_.reset();
      bar_ = std::make_unique<Progress>(clock_, std::string(store::name(kind)), total);
      kind_ = kind;
    }
    bar_->update(done);
  }

 private:
  const Clock& clock_;
  std::optional<store::MigratedKind> kind_;
  std::unique_ptr<Progress> bar_;
};

void print(const store::MigrationReport& report) {
  for (const store::MigratedKind kind : store::kMigratedKinds) {
    const store::MigratedItems& items = report.of(kind);
    fmt::print("{:<11} {:>8} copied {:>8} there already   {}\n", store::name(kind), items.copied,
               items.skipped,
               items.from == items.to ? fmt::format("equal: {} ({})", items.to.count, hex(items.to))
                                      : fmt::format("DIFFERENT: {} ({}) against {} ({})", items.from.count,
                                                    hex(items.from), items.to.count, hex(items.to)));
  }
}

}  // namespace

Result<void> migrate(const Context& context, const MigrateRequest& request) {
  obs::Log log(obs::LogLevel::kWarning, obs::LogFormat::kText);
  std::optional<Bars> bars(context.clock);
  const auto report = app::migrate(
      context.settings, request.from, request.to,
      [&](store::MigratedKind kind, std::size_t done, std::size_t total) { bars->update(kind, done, total); },
      context.clock, log);
  bars.reset();
  if (!report) return report.error();
  print(*report);
  if (report->is_complete()) return {};
  std::string different;
  for (const store::MigratedKind kind : store::kMigratedKinds) {
    const store::MigratedItems& items = report->of(kind);
    if (items.from != items.to) different += fmt::format(" {}", store::name(kind));
  }
  return fail(
      ErrorKind::kConflict,
      fmt::format("migrate: both sides differ in:{}; run it again while nobody writes to either, into "
                  "an empty place if it stays so",
                  different));
}

}  // namespace wellspring::cli
