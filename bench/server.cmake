# serving.py and streams.py look for these beside the program.
add_executable(bare_beast bare_beast.cpp)
target_link_libraries(bare_beast PRIVATE wellspring_runtime wellspring_flags)
add_executable(stream_bench stream_bench.cpp)
target_link_libraries(stream_bench PRIVATE wellspring_runtime wellspring_flags fmt::fmt)
set_target_properties(bare_beast stream_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
