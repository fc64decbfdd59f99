find_package(Python3 REQUIRED COMPONENTS Interpreter)

# wellspring_embed_assets(<target> FOLDER <folder> FILES <name>... [GENERATED <path>...]): a static library that defines
# embedded_files() of src/http/static_file.hpp with these files of the folder, and with files made by the build.
function(wellspring_embed_assets target)
  cmake_parse_arguments(E "" "FOLDER" "FILES;GENERATED" ${ARGN})
  set(script ${CMAKE_SOURCE_DIR}/scripts/embed_assets.py)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp)
  list(TRANSFORM E_FILES PREPEND ${E_FOLDER}/ OUTPUT_VARIABLE inputs)
  list(TRANSFORM E_GENERATED PREPEND --generated= OUTPUT_VARIABLE generated)
  add_custom_command(OUTPUT ${output}
    COMMAND ${Python3_EXECUTABLE} ${script} --folder ${E_FOLDER} --output ${output} ${generated} ${E_FILES}
    DEPENDS ${script} ${inputs} ${E_GENERATED} VERBATIM)
  add_library(${target} STATIC ${output})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE wellspring_flags)
endfunction()
