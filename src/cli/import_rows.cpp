#include "cli/import_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "text/front_matter.hpp"

namespace wellspring::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

bool has_extension(const fs::path& path, std::initializer_list<const char*> extensions) {
  return std::find(extensions.begin(), extensions.end(), path.extension()) != extensions.end();
}

Result<std::string> read_file(const fs::path& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  if (failed)
    return fail(ErrorKind::kNotFound, fmt::format("import {}: {}", path.string(), failed.message()),
                path.string());
  if (size > limits::kSyncBodyBytes) {
    return fail(ErrorKind::kTooLarge,
                fmt::format("import {}: {} bytes, allowed {}; split the file", path.string(), size,
                            limits::kSyncBodyBytes),
                path.string());
  }
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::string first_heading(std::string_view markdown) {
  while (!markdown.empty()) {
    const std::size_t end = std::min(markdown.find('\n'), markdown.size());
    std::string_view line = markdown.substr(0, end);
    markdown.remove_prefix(std::min(end + 1, markdown.size()));
    if (line.starts_with("```") || line.starts_with("~~~")) return {};
    if (!line.starts_with("# ")) continue;
    line.remove_prefix(2);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r' || line.back() == '#'))
      line.remove_suffix(1);
    return std::string(line);
  }
  return {};
}

std::string take_field(std::map<std::string, std::string>& fields, const std::vector<const char*>& names) {
  std::string value;
  for (const char* name : names) {
    const auto found = fields.find(name);
    if (found == fields.end()) continue;
    if (value.empty()) value = found->second;
    fields.erase(found);
  }
  return value;
}

Result<std::vector<fs::path>> markdown_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  fs::recursive_directory_iterator walk(folder, failed);
  for (; !failed && walk != fs::recursive_directory_iterator(); walk.increment(failed)) {
    const fs::path& path = walk->path();
    if (path.filename().string().starts_with(".")) {
      if (walk->is_directory()) walk.disable_recursion_pending();
    } else if (walk->is_regular_file() && has_extension(path, {".md", ".markdown"})) {
      files.push_back(path);
    }
  }
  if (failed)
    return fail(ErrorKind::kNotFound, fmt::format("import {}: {}", folder.string(), failed.message()),
                folder.string());
  std::sort(files.begin(), files.end());
  return files;
}

Result<void> add_markdown(const fs::path& path, const std::string& name, std::vector<ImportRow>& rows) {
  auto content = read_file(path);
  if (content.has_error()) return content.error();
  auto row = markdown_row(name, *content);
  if (row.has_error())
    return fail(row.error().kind, path.string() + ": " + row.error().message, path.string());
  rows.push_back(std::move(*row));
  return {};
}

Result<void> add_json_lines(const fs::path& path, std::vector<ImportRow>& rows) {
  std::ifstream file(path);
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    boost::system::error_code failed;
    const json::value row = json::parse(line, failed);
    const json::value* id = !failed && row.is_object() ? row.get_object().if_contains("id") : nullptr;
    if (id == nullptr || !(id->is_string() || id->is_number())) {
      return fail(ErrorKind::kInvalidArgument,
                  fmt::format("{} line {}: want one JSON object a line with \"id\", \"title\" and \"text\"{}",
                              path.string(), number, failed ? " (" + failed.message() + ")" : ""),
                  path.string());
    }
    rows.push_back({id->is_string() ? std::string(id->get_string()) : json::serialize(*id), line});
  }
  return {};
}

}  // namespace

Result<ImportRow> markdown_row(const std::string& name, const std::string& content) {
  auto read = text::read_front_matter(sanitize_utf8(content));
  if (read.has_error()) return read.error();
  auto& fields = read->fields;
  json::object row;
  std::string id = take_field(fields, {"id"});
  if (id.empty()) id = name;
  std::string title = take_field(fields, {"title"});
  if (title.empty()) title = first_heading(read->body);
  if (title.empty()) title = fs::path(name).stem().string();
  row["id"] = id;
  row["title"] = title;
  row["text"] = read->body;
  using Names = std::vector<const char*>;
  for (const auto& [member, names] :
       std::map<const char*, Names>{{"locale", {"locale", "lang"}},
                                    {"slug", {"slug"}},
                                    {"updated_at", {"updated_at", "last_updated", "date"}}}) {
    const std::string value = take_field(fields, names);
    if (!value.empty()) row[member] = value;
  }
  json::object metadata;
  for (const auto& [key, value] : fields) metadata[key] = value;
  if (!metadata.empty()) row["metadata"] = std::move(metadata);
  return ImportRow{id, json::serialize(row)};
}

Result<std::vector<ImportRow>> collect_rows(const std::vector<std::string>& paths) {
  std::vector<ImportRow> rows;
  for (const std::string& given : paths) {
    const fs::path path(given);
    Result<void> added = {};
    if (fs::is_directory(path)) {
      auto files = markdown_files(path);
      if (files.has_error()) return files.error();
      for (const fs::path& file : *files) {
        added = add_markdown(file, fs::relative(file, path).generic_string(), rows);
        if (added.has_error()) return added.error();
      }
    } else if (!fs::exists(path)) {
      added = fail(ErrorKind::kNotFound, fmt::format("import {}: no such file or folder", given), given);
    } else if (has_extension(path, {".jsonl", ".ndjson"})) {
      added = add_json_lines(path, rows);
    } else if (has_extension(path, {".md", ".markdown"})) {
      added = add_markdown(path, path.filename().string(), rows);
    } else {
      added = fail(ErrorKind::kInvalidArgument,
                   fmt::format("import {}: want a folder, .md, .markdown, .jsonl or .ndjson", given), given);
    }
    if (added.has_error()) return added.error();
  }
  return rows;
}

}  // namespace wellspring::cli
