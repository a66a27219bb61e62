# One imported target for each library, so that a module's USES line names what it needs.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Protobuf REQUIRED)
find_package(Catch2 2.13 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(CURL REQUIRED)
find_package(date REQUIRED)
find_package(EXPAT REQUIRED)
find_package(ZLIB REQUIRED)
set(Boost_USE_STATIC_LIBS OFF)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)

pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET GLOBAL sqlite3)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET GLOBAL libsodium)
pkg_check_modules(nettle REQUIRED IMPORTED_TARGET GLOBAL nettle)
pkg_check_modules(libusb REQUIRED IMPORTED_TARGET GLOBAL libusb-1.0)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET GLOBAL libpq)
pkg_check_modules(qrencode REQUIRED IMPORTED_TARGET GLOBAL libqrencode)
pkg_check_modules(zmq REQUIRED IMPORTED_TARGET GLOBAL libzmq)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET GLOBAL libzstd)
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET GLOBAL tomlplusplus)

# Debian's mbedTLS has no .pc files.
add_library(mbedtls INTERFACE)
target_link_libraries(mbedtls INTERFACE mbedtls.so mbedx509.so mbedcrypto.so)

# Asio's and Beast's bodies are compiled once, in agent/runtime; everyone else sees declarations.
add_library(asio INTERFACE)
target_link_libraries(asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_CO_AWAIT)
