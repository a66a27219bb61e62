# Flags live on INTERFACE targets, so that a module says what it is built with and third-party
# and generated code is spared what is meant for ours.

set(TILL_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")

add_library(till_warnings INTERFACE)
add_library(till::warnings ALIAS till_warnings)
target_compile_options(till_warnings INTERFACE
  -Wall -Wextra -Wpedantic
  $<$<CXX_COMPILER_ID:GNU>:-Werror>  # What ships is built with g++; clang builds the fuzz targets.
  -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wconversion
  -Wno-missing-field-initializers  # Designated initialisers leave defaults out on purpose.
  # g++ 12 reports overlaps in std::string's own operator+ (gcc bug 105651), and calls the delete of
  # Asio's coroutine frames mismatched once it has inlined half of the pair.
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op -Wno-restrict -Wno-mismatched-new-delete>)

# Assertions stay on in what ships: a till that stops is better than one that writes nonsense.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

if(TILL_SANITIZE)
  # g++'s optimiser takes half as long again, more than the tests then gain; fuzzing gains.
  add_compile_options(-fsanitize=${TILL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1
    $<IF:$<CXX_COMPILER_ID:Clang>,-O1,-O0>)
  add_link_options(-fsanitize=${TILL_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # g++ 12 sees phantom overflows, uninitialised values and, in coroutine frames, mismatched deletes
    # once sanitizers rewrite the code.
    target_compile_options(till_warnings INTERFACE
      -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-mismatched-new-delete)
  endif()
  if(TILL_SANITIZE MATCHES thread)
    # ThreadSanitizer does not know fences; Asio's queues are ordered by their mutexes without them.
    add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
else()
  # Hardening: these cost little and turn a memory bug into a stop instead of a hole.
  add_compile_options($<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2> -fstack-protector-strong)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -pie)
endif()

find_program(TILL_CCACHE ccache)
if(TILL_CCACHE)
  # The base folder makes objects of one checkout serve another.
  set(ccache ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${TILL_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${ccache})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ccache})
endif()

find_program(TILL_MOLD mold)
if(TILL_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,--as-needed)
