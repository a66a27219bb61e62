# till_embed(name BASE folder FILES a b …): files as they are, linked into the program.
#
# Makes till::name with one function, declared in "embedded/name.hpp":
#   std::string_view till::embedded::name(std::string_view path);   // Empty when there is no such file.
# Paths are relative to BASE. The assembler's .incbin reads the bytes: as quick for a megabyte of web
# pages as for a dictionary, with every compiler we build with.
function(till_embed name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BASE" "FILES")
  set(folder ${CMAKE_BINARY_DIR}/generated/embedded)
  set(pieces "")
  set(rows "")
  set(inputs "")
  set(index 0)
  foreach(file IN LISTS arg_FILES)
    get_filename_component(absolute ${file} ABSOLUTE)
    file(RELATIVE_PATH path ${arg_BASE} ${absolute})
    set(symbol till_embedded_${name}_${index})
    string(APPEND pieces "asm(\".section .rodata\\n.balign 16\\n.global ${symbol}\\n${symbol}:\\n"
      ".incbin \\\"${absolute}\\\"\\n.global ${symbol}_end\\n${symbol}_end:\\n.byte 0\\n.previous\\n\");\n"
      "extern \"C\" const char ${symbol}[];\nextern \"C\" const char ${symbol}_end[];\n")
    string(APPEND rows "    if (path == \"${path}\") return {${symbol}, ${symbol}_end};\n")
    list(APPEND inputs ${absolute})
    math(EXPR index "${index} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/${name}.hpp CONTENT
"#pragma once\n
#include <string_view>\n
namespace till::embedded {
std::string_view ${name}(std::string_view path);
}\n" @ONLY)
  file(CONFIGURE OUTPUT ${folder}/${name}.cpp CONTENT
"#include \"embedded/${name}.hpp\"\n
${pieces}
namespace till::embedded {
std::string_view ${name}(std::string_view path) {
${rows}    return {};
}
}\n" @ONLY)
  set_source_files_properties(${folder}/${name}.cpp PROPERTIES OBJECT_DEPENDS "${inputs}")
  add_library(${name} STATIC ${folder}/${name}.cpp)
  add_library(till::${name} ALIAS ${name})
  target_include_directories(${name} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
endfunction()
