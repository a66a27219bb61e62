# till_embed_sql(agent/journal): the folder's NNNN-what.sql files, in order, as
# `till::sql::agent_journal` (an array of const char*) in "agent/journal/migrations.sql.hpp". Sources
# of the target named after the folder, or of the one given, may include it.
function(till_embed_sql path)
  get_filename_component(target ${path} NAME)
  if(ARGC GREATER 1)
    set(target ${ARGV1})
  endif()
  string(REPLACE "/" "_" name ${path})
  string(REPLACE "-" "_" name ${name})
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${path}/*.sql)
  list(SORT files)
  set(version 0)
  set(literals "")
  foreach(file IN LISTS files)
    math(EXPR version "${version} + 1")
    get_filename_component(stem ${file} NAME)
    if(NOT stem MATCHES "^0*${version}-")
      message(FATAL_ERROR "${file}: migrations are numbered without holes; expected ${version}")
    endif()
    file(READ ${file} text)
    string(APPEND literals "    R\"till_sql(${text})till_sql\",\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${path}/migrations.sql.hpp
    CONTENT "#pragma once\n\nnamespace till::sql {\n\ninline constexpr const char* ${name}[] = {\n@literals@};\n\n}  // namespace till::sql\n"
    @ONLY)
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()
