add_executable(embed_bench embed_bench.cpp)
target_link_libraries(embed_bench PRIVATE wellspring_embed wellspring_flags)
target_compile_definitions(embed_bench PRIVATE WELLSPRING_PINNED_DIR="${WELLSPRING_PINNED}")
set_target_properties(embed_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
