#include "agent/runtime/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace till {

namespace {

constexpr std::size_t file_bytes_max = 256 * 1024;

class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const { return number_; }

private:
    int number_;
};

Error refused(std::string_view doing, const std::filesystem::path& file) {
    const int cause = errno;
    const Errc code = cause == ENOENT   ? Errc::not_found
                      : cause == ENOSPC ? Errc::disk_full
                                        : Errc::io;
    return Error{code, std::string{doing} + " " + file.string() + ": "
                           + std::generic_category().message(cause)};
}

bool write_all(int descriptor, BytesView bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

Result<void> write_and_sync(const std::filesystem::path& file, BytesView bytes) {
    ::unlink(file.c_str());  // Left by a crash, perhaps with other rights.
    const Descriptor out{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (out.number() < 0) return refused("creating", file);
    if (!write_all(out.number(), bytes) || ::fsync(out.number()) != 0)
        return refused("writing", file);
    return {};
}

}  // namespace

Result<void> write_private_file(const std::filesystem::path& file, const Secret& content) {
    const std::filesystem::path draft = file.string() + ".new";
    if (auto written = write_and_sync(draft, content.reveal()); !written) {
        ::unlink(draft.c_str());
        return written;
    }
    if (::rename(draft.c_str(), file.c_str()) != 0) {
        const Error error = refused("renaming", draft);
        ::unlink(draft.c_str());
        return error;
    }
    const auto parent = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
    const Descriptor folder{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.number() < 0 || ::fsync(folder.number()) != 0) return refused("syncing", parent);
    return {};
}

Result<Secret> read_private_file(const std::filesystem::path& file) {
    const Descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (in.number() < 0) return refused("opening", file);
    struct stat facts{};
    if (::fstat(in.number(), &facts) != 0) return refused("reading", file);
    if ((facts.st_mode & 077) != 0)
        return Error{Errc::forbidden, file.string() + " holds a private key and others may read it",
                     "", "mode 0600"};
    if (!S_ISREG(facts.st_mode) || static_cast<std::size_t>(facts.st_size) > file_bytes_max)
        return Error{Errc::malformed, file.string() + " is no credentials file"};

    std::string content(static_cast<std::size_t>(facts.st_size), '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t got = ::read(in.number(), content.data() + size, content.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return refused("reading", file);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    Secret secret{std::string_view{content}.substr(0, size)};
    ::explicit_bzero(content.data(), content.size());
    return secret;
}

}  // namespace till
