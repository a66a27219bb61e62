# till_module(name HEADERS … SOURCES … USES … [PRIVATE …])
#
# A module is a folder, a target and the headers its target lists: till::name. What is listed is
# public and must compile alone (target all_verify_interface_header_sets checks it).
function(till_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;USES;PRIVATE")
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC ${arg_USES} PRIVATE till::warnings ${arg_PRIVATE})
    target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${arg_USES})
    target_sources(${name} INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
  endif()
  add_library(till::${name} ALIAS ${name})
endfunction()

# till_program(name SOURCES … USES …): an executable in build/bin.
function(till_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_USES} till::warnings)
endfunction()

# till_test(agent/journal SOURCES … USES …): the unit tests of one module.
#
# A case is named "journal: what holds, when"; ctest calls it "agent/journal: what holds, when",
# so that ./run test -R agent/journal picks a module.
include(Catch)
function(till_test path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES")
  string(REPLACE "/" "_" name ${path})
  get_filename_component(parent ${path} DIRECTORY)
  set(target test_${name})
  add_executable(${target} ${arg_SOURCES})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE ${arg_USES} till::catch_main till::warnings)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  catch_discover_tests(${target} TEST_PREFIX "${parent}/"
    PROPERTIES TIMEOUT 120 LABELS unit)
endfunction()

# till_postgres_test(sync/ledger PROMISE "..." SOURCES a_test.cpp USES till::ledger) — the same, as one test whose
# cases share a PostgreSQL server of their own; skipped where none can be run.
function(till_postgres_test path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROMISE" "SOURCES;USES")
  string(REPLACE "/" "_" name ${path})
  set(target test_${name}_postgres)
  add_executable(${target} ${arg_SOURCES})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE ${arg_USES} till::catch_main till::warnings)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME "${path}: ${arg_PROMISE}"
    COMMAND python3 -B ${PROJECT_SOURCE_DIR}/tests/support/postgres.py $<TARGET_FILE:${target}>)
  set_tests_properties("${path}: ${arg_PROMISE}" PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77 LABELS unit)
endfunction()
