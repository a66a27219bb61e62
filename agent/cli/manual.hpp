#pragma once

#include <string>

namespace CLI {
class App;
}

namespace till {

/// Adds `manual`, which prints the program's manual page (roff), and `completion`, which prints what bash needs
/// to complete its commands and options. Both are made from `app` as --help is, so no text of them can be out of
/// date; the app's footer is the section on exit status. `app` must outlive its parsing.
void add_manual_commands(CLI::App& app, const std::string& program, const std::string& version);

}  // namespace till
