add_executable(evidence_bench evidence_bench.cpp)
target_link_libraries(evidence_bench PRIVATE wellspring_rag wellspring_flags fmt::fmt)
