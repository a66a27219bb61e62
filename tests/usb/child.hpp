#pragma once

#include <boost/json/object.hpp>

#include <sys/types.h>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace till::usbsim {

/// A program under test, whose standard output is read line by line.
class Child {
public:
    explicit Child(const std::vector<std::string>& command);
    ~Child();  ///< Ends it.

    /// The next line, as JSON, of which `wanted` holds; others are passed over and kept in `said`. Throws
    /// when none comes in time.
    boost::json::object wait_for(const std::string& what,
                                 const std::function<bool(const boost::json::object&)>& wanted,
                                 std::chrono::milliseconds limit = std::chrono::seconds{10});
    /// Throws when such a line comes within that time.
    void never(const std::string& what,
               const std::function<bool(const boost::json::object&)>& unwanted,
               std::chrono::milliseconds time);
    std::string all();  ///< Until it ends by itself.
    int code();         ///< Of one that ends by itself: its exit code, or 128 and the signal.
    int end();          ///< Asks it to end; its exit code, or 128 and the signal.

    std::vector<std::string> said;
    static inline bool one_failed = false;  ///< A child ended with anything but 0.

private:
    bool next_line(std::string& line, std::chrono::steady_clock::time_point until);

    pid_t pid_ = -1;
    int out_ = -1;
    std::string rest_;
};

}  // namespace till::usbsim
