# Everything third-party is found here and nowhere else. Configure never touches the network:
# Debian packages come from scripts/setup_packages.sh, the pinned bits from scripts/setup_pinned.py.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
# MongoDB's C driver and its BSON, for src/mongo/driver, src/store/mongo and the tests of both.
find_package(mongoc-1.0 1.23 REQUIRED)

# Packages without a CMake configuration of their own.
function(wellspring_find_library name header library)
  find_path(${name}_INCLUDE ${header} REQUIRED)
  find_library(${name}_LIBRARY ${library} REQUIRED)
  add_library(${name}::${name} UNKNOWN IMPORTED)
  set_target_properties(${name}::${name} PROPERTIES
    IMPORTED_LOCATION ${${name}_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${${name}_INCLUDE})
endfunction()
wellspring_find_library(utf8proc utf8proc.h utf8proc)
wellspring_find_library(stemmer libstemmer.h stemmer)
wellspring_find_library(cmark_gfm cmark-gfm.h cmark-gfm)
wellspring_find_library(cmark_gfm_extensions cmark-gfm-core-extensions.h cmark-gfm-extensions)
target_link_libraries(cmark_gfm_extensions::cmark_gfm_extensions INTERFACE cmark_gfm::cmark_gfm)

set(WELLSPRING_PINNED ${CMAKE_SOURCE_DIR}/.deps CACHE PATH "Where scripts/setup_pinned.py leaves the pinned bits")
if(NOT EXISTS ${WELLSPRING_PINNED}/onnxruntime/include/onnxruntime_c_api.h)
  message(FATAL_ERROR "ONNX Runtime is missing under ${WELLSPRING_PINNED}: run 'make setup' first")
endif()
add_library(onnxruntime SHARED IMPORTED)
set_target_properties(onnxruntime PROPERTIES
  IMPORTED_LOCATION ${WELLSPRING_PINNED}/onnxruntime/lib/libonnxruntime.so.1
  IMPORTED_SONAME libonnxruntime.so.1
  INTERFACE_INCLUDE_DIRECTORIES ${WELLSPRING_PINNED}/onnxruntime/include)

# Boost headers with one compiled copy of Asio, Beast and JSON (src/runtime/asio.cpp and its neighbours).
add_library(boost_asio INTERFACE)
target_link_libraries(boost_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
target_compile_definitions(boost_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY BOOST_ASIO_DISABLE_BOOST_BIND
  BOOST_BEAST_SEPARATE_COMPILATION)
