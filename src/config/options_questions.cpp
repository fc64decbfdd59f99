#include "config/options_table.hpp"

namespace wellspring::config::table {

std::vector<Option> question_options() {
  return {
      {"questions.log",
       "--questions-log",
       {"WELLSPRING_QUESTIONS_LOG"},
       "on",
       "on or off",
       "Whether the questions people ask are kept. Without them there is no feedback and no list of what is "
       "not "
       "answered.",
       kCommon,
       kServe,
       kPublic,
       choice(&Settings::questions_log, {{"on", true}, {"off", false}})},
      {"questions.opt_out",
       "--questions-opt-out",
       {"WELLSPRING_QUESTIONS_OPT_OUT"},
       "on",
       "on or off",
       "on: questions of readers whose browser sends DNT: 1 or Sec-GPC: 1 are not kept.",
       kCommon,
       kServe,
       kPublic,
       choice(&Settings::questions_opt_out, {{"on", true}, {"off", false}})},
      {"questions.retention",
       "--questions-retention",
       {"WELLSPRING_QUESTIONS_RETENTION"},
       "90d",
       "1h to 3650d",
       "How long questions and the feedback on them are kept.",
       kCommon,
       kServe,
       kPublic,
       duration(&Settings::questions_retention, 1h, 24h * 3'650)},
  };
}

}  // namespace wellspring::config::table
