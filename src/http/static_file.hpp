#pragma once

#include <span>
#include <string_view>

namespace wellspring::http {

/// A file of the pages at `/ui/` and `/docs`, held in the program for as long as it runs.
struct StaticFile {
  std::string_view
      path;  ///< below `/ui/`, without a leading slash: "index.html"; `/ui/` itself is "index.html"
  std::string_view content_type;  ///< with charset where it is text
  std::string_view bytes;
  std::string_view etag;  ///< strong, with its quotes: changes with the bytes
};

/// The files of web/ and `openapi.json`, ordered by path. Defined by the target wellspring_web
/// (cmake/EmbedAssets.cmake); thread-safe.
std::span<const StaticFile> embedded_files();

}  // namespace wellspring::http
