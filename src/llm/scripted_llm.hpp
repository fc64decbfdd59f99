#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/scripted_server.hpp"

namespace wellspring::llm {

using net::json_response;
using net::Script;
using net::split_every_byte;

/// A language model for tests: a scripted server with the address that a client is configured with.
class ScriptedLlm : public net::ScriptedServer {
 public:
  using ScriptedServer::ScriptedServer;
  std::string base_url() const { return origin() + "/v1"; }
};

/// Pieces of scripts.
std::string stream_head();
std::string text_event(std::string_view text);
std::string finish_event();
std::string usage_event(std::size_t input_tokens, std::size_t output_tokens);
std::string done_event();
/// A whole good answer in one piece.
std::string answer_response(const std::vector<std::string>& texts);

}  // namespace wellspring::llm
