#include "embed/tokenizer_file.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

namespace wellspring::embed {
namespace {

namespace json = boost::json;

Error unsupported(std::string what) {
  return fail(
      ErrorKind::kUnsupported,
      "reading tokenizer.json: " + what + "; only BERT WordPiece tokenizers are supported, use another model",
      "tokenizer.json");
}

std::string_view type_of(const json::object& file, std::string_view part) {
  const json::value* value = file.if_contains(part);
  if (value == nullptr || !value->is_object()) return "none";
  const json::value* type = value->get_object().if_contains("type");
  return type != nullptr && type->is_string() ? std::string_view(type->get_string())
                                              : std::string_view("none");
}

std::optional<Error> check_types(const json::object& file) {
  struct Expected {
    std::string_view part;
    std::string_view type;
  };
  for (const auto& [part, type] :
       {Expected{"normalizer", "BertNormalizer"}, Expected{"pre_tokenizer", "BertPreTokenizer"},
        Expected{"model", "WordPiece"}}) {
    const std::string_view found = type_of(file, part);
    if (found != type) {
      return unsupported(std::string(part) + " is '" + std::string(found) + "', not '" + std::string(type) +
                         "'");
    }
  }
  return std::nullopt;
}

void read_normalizer(const json::object& normalizer, TokenizerFile& out) {
  out.clean_text = normalizer.at("clean_text").as_bool();
  out.handle_chinese_chars = normalizer.at("handle_chinese_chars").as_bool();
  out.lowercase = normalizer.at("lowercase").as_bool();
  const json::value& strip = normalizer.at("strip_accents");
  // BERT ties the one to the other unless told otherwise.
  out.strip_accents = strip.is_null() ? out.lowercase : strip.as_bool();
}

void read_vocabulary(const json::object& model, TokenizerFile& out) {
  const json::object& vocabulary = model.at("vocab").as_object();
  const std::string_view prefix = model.at("continuing_subword_prefix").as_string();
  out.max_word_chars = model.at("max_input_chars_per_word").to_number<std::size_t>();
  out.unknown_id = vocabulary.at(model.at("unk_token").as_string()).to_number<std::int32_t>();
  out.words.reserve(vocabulary.size());
  for (const auto& [piece, value] : vocabulary) {
    const std::string_view text = piece;
    const auto id = value.to_number<std::int32_t>();
    if (text.starts_with(prefix)) out.continuations.emplace_back(text.substr(prefix.size()), id);
    if (prefix.empty() || !text.starts_with(prefix)) out.words.emplace_back(text, id);
  }
}

std::optional<Error> read_special(const json::array& tokens, TokenizerFile& out) {
  for (const json::value& token : tokens) {
    const json::object& fields = token.as_object();
    const std::string_view content = fields.at("content").as_string();
    // lstrip and rstrip take white space in, which makes no piece anyway.
    if (fields.at("single_word").as_bool() || fields.at("normalized").as_bool()) {
      return unsupported("added token '" + std::string(content) +
                         "' is matched by word or after normalising");
    }
    if (!content.empty()) out.special.emplace_back(content, fields.at("id").to_number<std::int32_t>());
  }
  std::ranges::stable_sort(out.special, std::ranges::greater{},
                           [](const auto& piece) { return piece.first.size(); });
  return std::nullopt;
}

void read_template(const json::object& processor, TokenizerFile& out) {
  const json::object& special = processor.at("special_tokens").as_object();
  std::vector<std::int32_t>* side = &out.before;
  for (const json::value& step : processor.at("single").as_array()) {
    const json::object& kinds = step.as_object();
    if (const json::value* token = kinds.if_contains("SpecialToken")) {
      const json::object& entry = special.at(token->at("id").as_string()).as_object();
      for (const json::value& id : entry.at("ids").as_array()) side->push_back(id.to_number<std::int32_t>());
    } else {
      side = &out.after;
    }
  }
}

std::optional<Error> read_post_processor(const json::object& file, TokenizerFile& out) {
  const std::string_view type = type_of(file, "post_processor");
  if (type == "TemplateProcessing") {
    read_template(file.at("post_processor").as_object(), out);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    const json::object& processor = file.at("post_processor").as_object();
    out.before = {processor.at("cls").at(1).to_number<std::int32_t>()};
    out.after = {processor.at("sep").at(1).to_number<std::int32_t>()};
  } else {
    return unsupported("post_processor is '" + std::string(type) + "'");
  }
  return std::nullopt;
}

Result<TokenizerFile> read(const json::object& file) {
  if (auto error = check_types(file)) return *error;
  TokenizerFile out;
  read_normalizer(file.at("normalizer").as_object(), out);
  read_vocabulary(file.at("model").as_object(), out);
  if (auto error = read_special(file.at("added_tokens").as_array(), out)) return *error;
  if (auto error = read_post_processor(file, out)) return *error;
  return out;
}

}  // namespace

Result<TokenizerFile> parse_tokenizer_file(std::string_view text) {
  // Boost.JSON reports a missing member or a wrong type by throwing; this is where it ends.
  try {
    return read(json::parse(text).as_object());
  } catch (const std::exception& error) {
    return fail(ErrorKind::kCorrupt,
                std::string("reading tokenizer.json: ") + error.what() + "; restore the model's own file",
                "tokenizer.json");
  }
}

}  // namespace wellspring::embed
