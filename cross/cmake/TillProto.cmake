# till_proto(name sync/wire/x.proto …): generated code as a target of its own, so that our warnings
# are not asked of it. Included as "sync/wire/x.pb.h".
function(till_proto name)
  set(generated)
  foreach(proto IN LISTS ARGN)
    string(REPLACE ".proto" "" stem ${proto})
    set(outputs ${CMAKE_BINARY_DIR}/generated/${stem}.pb.h ${CMAKE_BINARY_DIR}/generated/${stem}.pb.cc)
    add_custom_command(OUTPUT ${outputs}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
      COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR} --cpp_out=${CMAKE_BINARY_DIR}/generated ${proto}
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
      DEPENDS ${PROJECT_SOURCE_DIR}/${proto} VERBATIM)
    list(APPEND generated ${outputs})
  endforeach()
  add_library(${name} STATIC ${generated})
  add_library(till::${name} ALIAS ${name})
  target_include_directories(${name} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
endfunction()
