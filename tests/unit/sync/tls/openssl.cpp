#include "tests/unit/sync/tls/openssl.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace till::sync::test {

Said openssl(const std::string& arguments) {
    const std::string command = "timeout 20 openssl " + arguments + " 2>&1 </dev/null";
    FILE* const pipe = ::popen(command.c_str(), "r");
    Said said;
    std::array<char, 4096> piece{};
    while (const std::size_t got = ::fread(piece.data(), 1, piece.size(), pipe))
        said.text.append(piece.data(), got);
    said.status = WEXITSTATUS(::pclose(pipe));
    return said;
}

Credentials crafted(const Authority* authority, const std::string& options) {
    const Folder folder;
    std::string command =
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -keyout "
        + (folder / "key").string() + " -out " + (folder / "leaf").string() + " " + options;
    if (authority != nullptr) {
        REQUIRE_NOTHROW(authority->save(folder / "ca").value());
        command += " -CA " + (folder / "ca").string() + " -CAkey " + (folder / "ca").string();
    }
    const Said said = openssl(command);
    INFO(said.text);
    REQUIRE(said.status == 0);
    std::string pem;
    for (const char* part : {"key", "leaf"}) {
        std::ifstream in{folder / part};
        pem.append(std::istreambuf_iterator<char>{in}, {});
    }
    return Credentials::parse(Secret{pem}).value();
}

OpensslServer::OpensslServer(const std::string& arguments) {
    std::istringstream words{"openssl s_server -accept 127.0.0.1:0 " + arguments};
    std::vector<std::string> parts{std::istream_iterator<std::string>{words}, {}};
    std::vector<char*> argv;
    for (std::string& part : parts) argv.push_back(part.data());
    argv.push_back(nullptr);

    std::array<int, 2> out{}, in{};
    REQUIRE(::pipe(out.data()) == 0);
    child_ = ::fork();
    if (child_ == 0) {
        REQUIRE(::pipe(in.data()) == 0);  // An input that never ends: at its end s_server would.
        ::dup2(in[0], 0);
        ::dup2(out[1], 1);
        ::dup2(out[1], 2);
        ::close(out[0]);
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    ::close(out[1]);
    output_ = out[0];
    std::string said;
    for (char c = 0; ::read(output_, &c, 1) == 1;) {
        said += c;
        const std::size_t line = said.find("ACCEPT 127.0.0.1:");
        if (c == '\n' && line != std::string::npos) {
            port_ = static_cast<std::uint16_t>(std::stoi(said.substr(line + 17)));
            return;
        }
    }
    FAIL("openssl s_server: " << said);
}

OpensslServer::~OpensslServer() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    ::close(output_);
}

}  // namespace till::sync::test
