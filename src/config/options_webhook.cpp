// Who may send webhooks, and how much of what they send may wait.
#include "config/options_table.hpp"

namespace wellspring::config::table {

std::vector<Option> webhook_options() {
  return {
      {"webhook.secret",
       "--webhook-secret",
       {"WELLSPRING_WEBHOOK_SECRET", "WEBHOOK_SECRET"},
       "",
       "any text; after whsec_ base64",
       "Shared with the CMS, whose webhooks must then be signed with it. Without it anybody who reaches the "
       "port can publish and delete.",
       kEssential,
       kServe,
       kSecret,
       text(&Settings::webhook_secret)},
      {"webhook.previous_secret",
       "--webhook-previous-secret",
       {"WELLSPRING_WEBHOOK_PREVIOUS_SECRET"},
       "",
       "any text; after whsec_ base64",
       "A second valid secret while senders change to a new one: put the old one here, then the new one into "
       "webhook.secret, then change the senders, then clear this.",
       kCommon,
       kServe,
       kSecret,
       text(&Settings::webhook_previous_secret)},
      {"webhook.unsigned",
       "--webhook-unsigned",
       {"WELLSPRING_WEBHOOK_UNSIGNED"},
       "accept",
       "accept or refuse",
       "What happens to webhooks while no secret is set.",
       kCommon,
       kServe,
       kPublic,
       choice(&Settings::webhook_unsigned,
              {{"accept", UnsignedWebhooks::kAccept}, {"refuse", UnsignedWebhooks::kRefuse}})},
      {"webhook.require_delivery_id",
       "--webhook-require-delivery-id",
       {"WELLSPRING_WEBHOOK_REQUIRE_DELIVERY_ID"},
       "off",
       "on or off",
       "on where every sender signs as Standard Webhooks do: a signature over the body alone is then "
       "refused.",
       kRare,
       kServe,
       kPublic,
       choice(&Settings::webhook_require_delivery_id, {{"off", false}, {"on", true}})},
      {"jobs.queue_max",
       "--job-queue-max",
       {"WELLSPRING_JOB_QUEUE_MAX"},
       "100000",
       "1000 to 10000000",
       "Jobs that may be queued or running; more are answered 503 with Retry-After. Imports may fill nine "
       "tenths.",
       kRare,
       kServe,
       kPublic,
       count(&Settings::job_queue_max, 1'000, 10'000'000)},
      {"jobs.queue_bytes_max",
       "--job-queue-bytes-max",
       {"WELLSPRING_JOB_QUEUE_BYTES_MAX"},
       "1073741824",
       "33554432 to 1099511627776",
       "The same for the bytes of their text.",
       kRare,
       kServe,
       kPublic,
       count(&Settings::job_queue_bytes_max, std::size_t{32} << 20, std::size_t{1} << 40)},
  };
}

}  // namespace wellspring::config::table
