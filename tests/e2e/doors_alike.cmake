add_executable(client_sale clients/sale.cpp)
target_link_libraries(client_sale PRIVATE till::wire PkgConfig::zmq)
set_target_properties(client_sale PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)

till_e2e("e2e/doors alike: HTTP and ZeroMQ come to the same; the feed shows all; the example clients sell" SCRIPT doors_alike.py TIMEOUT 240)
