# Warnings, sanitizers and speed-ups that hold for every target of ours.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # What one clone has compiled serves the next, wherever it lies.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

set(WELLSPRING_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined or thread")
option(WELLSPRING_WERROR "Treat warnings as errors" OFF)

add_library(wellspring_flags INTERFACE)
target_compile_options(wellspring_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(WELLSPRING_WERROR)
  target_compile_options(wellspring_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports overlaps of 2^63 bytes in std::string operator+ (GCC bug 105651).
  target_compile_options(wellspring_flags INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(wellspring_flags INTERFACE -Wthread-safety)
endif()
if(WELLSPRING_SANITIZE)
  add_compile_options(-fsanitize=${WELLSPRING_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WELLSPRING_SANITIZE})
  if(WELLSPRING_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
  if(WELLSPRING_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 does not model the fences Asio uses and warns about each.
    add_compile_options(-Wno-tsan)
  endif()
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()
