find_package(Python3 REQUIRED COMPONENTS Interpreter)

# wellspring_embed_assets(<target> FOLDER <folder> FILES <name>...): a static library that defines embedded_files() of
# src/http/static_file.hpp with these files of the folder.
function(wellspring_embed_assets target)
  cmake_parse_arguments(E "" "FOLDER" "FILES" ${ARGN})
  set(script ${CMAKE_SOURCE_DIR}/scripts/embed_assets.py)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp)
  list(TRANSFORM E_FILES PREPEND ${E_FOLDER}/ OUTPUT_VARIABLE inputs)
  add_custom_command(OUTPUT ${output}
    COMMAND ${Python3_EXECUTABLE} ${script} --folder ${E_FOLDER} --output ${output} ${E_FILES}
    DEPENDS ${script} ${inputs} VERBATIM)
  add_library(${target} STATIC ${output})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE wellspring_flags)
endfunction()
