# The parsers alone: clang 14 cannot assemble coroutines under AddressSanitizer, so the whole of wellspring_sync is out of reach.
set(sync_room ${CMAKE_SOURCE_DIR}/src/sync)
wellspring_fuzzer(fuzz_webhook
  SOURCES fuzz_webhook.cpp ${sync_room}/article_fields.cpp ${sync_room}/import_row.cpp ${sync_room}/json_text.cpp
          ${sync_room}/payload.cpp
  LIBRARIES wellspring_text)
