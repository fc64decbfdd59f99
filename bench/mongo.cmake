add_executable(pool_bench pool_bench.cpp)
target_link_libraries(pool_bench PRIVATE wellspring_mongo_driver wellspring_flags fmt::fmt)
