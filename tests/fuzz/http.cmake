# The readers and parsers alone: clang 14 cannot assemble coroutines under AddressSanitizer, so the whole of wellspring_http is out of reach.
set(http_room ${CMAKE_SOURCE_DIR}/src/http)
wellspring_fuzzer(fuzz_request
  SOURCES fuzz_request.cpp ${http_room}/message.cpp ${http_room}/request_reader.cpp ${http_room}/wire/chat.cpp
          ${http_room}/wire/errors.cpp ${http_room}/wire/json_body.cpp ${http_room}/wire/search.cpp ${http_room}/wire/usage.cpp
          ${CMAKE_SOURCE_DIR}/src/rag/spend.cpp
  LIBRARIES wellspring_model wellspring_obs wellspring_runtime fmt::fmt)
