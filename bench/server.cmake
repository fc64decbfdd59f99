# serving.py, rate_limit.py and streams.py look for these beside the program.
add_executable(bare_beast bare_beast.cpp)
target_link_libraries(bare_beast PRIVATE wellspring_runtime wellspring_flags)
add_executable(stream_bench stream_bench.cpp)
target_link_libraries(stream_bench PRIVATE wellspring_runtime wellspring_flags fmt::fmt)
add_executable(rate_limit_bench rate_limit_bench.cpp)
target_link_libraries(rate_limit_bench PRIVATE wellspring_http wellspring_flags fmt::fmt)
set_target_properties(bare_beast stream_bench rate_limit_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
