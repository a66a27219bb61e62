#include "agent/cli/manual.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

namespace till {

namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
    std::vector<const CLI::App*> all;
    for (const auto* each : app.get_subcommands([](const CLI::App*) { return true; }))
        if (!each->get_name().empty()) all.push_back(each);  // Option groups have no name.
    return all;
}

/// Its own and those of its groups; every command has --help.
std::vector<const CLI::Option*> options_of(const CLI::App& app) {
    std::vector<const CLI::Option*> all;
    const auto add = [&](const CLI::App& from) {
        for (const auto* each : from.get_options())
            if (!each->check_lname("help")) all.push_back(each);
    };
    add(app);
    const auto is_group = [](const CLI::App* one) { return one->get_name().empty(); };
    for (const auto* group : app.get_subcommands(is_group)) add(*group);
    return all;
}

/// What roff would take for its own.
std::string plain(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '-') out += '\\';
        out += c;
        if (c == '\n') out += "\\&";
    }
    return out;
}

void describe(const CLI::App& app, const std::string& name, std::ostream& out) {
    for (const auto* each : commands_of(app)) describe(*each, name + " " + each->get_name(), out);
    if (!commands_of(app).empty()) return;
    out << ".SS " << plain(name) << '\n' << plain(app.get_description()) << '\n';
    for (const auto* option : options_of(app)) {
        const bool positional = option->get_positional();
        out << ".TP\n\\fB" << plain(option->get_name(positional, !positional)) << "\\fR\n"
            << plain(option->get_description()) << '\n';
    }
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

void print_manual(const CLI::App& app, const std::string& program, const std::string& version) {
    std::cout << ".TH " << plain(upper(program)) << " 1 \"\" \"Tillstream " << version
              << "\" \"Tillstream\"\n.SH NAME\n"
              << plain(program) << " \\- " << plain(app.get_description()) << '\n'
              << ".SH SYNOPSIS\n\\fB" << plain(program)
              << "\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n"
              << ".SH OPTIONS\n";
    for (const auto* option : app.get_options())
        std::cout << ".TP\n\\fB" << plain(option->get_name(false, true)) << "\\fR\n"
                  << plain(option->get_description())
                  << (option->get_envname().empty()
                          ? ""
                          : " (environment: " + option->get_envname() + ")")
                  << '\n';
    std::cout << ".SH COMMANDS\n";
    for (const auto* each : commands_of(app)) describe(*each, each->get_name(), std::cout);
    std::cout << ".SH EXIT STATUS\n" << plain(app.get_footer()) << '\n';
}

/// One line for each place in the tree: what may come next there.
void list_words(const CLI::App& app, const std::string& path) {
    std::string words;
    for (const auto* each : commands_of(app)) words += each->get_name() + " ";
    for (const auto* option : options_of(app))
        for (const auto& name : option->get_lnames()) words += "--" + name + " ";
    std::cout << "    '" << path << "') words='" << words << "' ;;\n";
    for (const auto* each : commands_of(app))
        list_words(*each, path.empty() ? each->get_name() : path + " " + each->get_name());
}

void print_completion(const CLI::App& app, const std::string& program) {
    std::string function = "_" + program;
    std::ranges::replace(function, '-', '_');
    std::cout << "# Completion of " << program
              << " for bash: source it, or put it into /etc/bash_completion.d.\n"
              << function
              << "() {\n"
                 "  local path='' words='' word i\n"
                 "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
                 "    word=${COMP_WORDS[i]}\n"
                 "    case $word in -*) ;; *) path=\"${path:+$path }$word\" ;; esac\n"
                 "  done\n"
                 "  case $path in\n";
    list_words(app, "");
    std::cout << "  esac\n"
                 "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
                 "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "
                 "\"${COMP_WORDS[COMP_CWORD]}\"))\n"
                 "}\n"
                 "complete -F "
              << function << " " << program << "\n";
}

}  // namespace

void add_manual_commands(CLI::App& app, const std::string& program, const std::string& version) {
    app.add_subcommand("manual", "Print the manual page (roff: " + program + " manual | man -l -)")
        ->callback([&app, program, version] { print_manual(app, program, version); });
    app.add_subcommand("completion",
                       "Print completion for bash: source <(" + program + " completion)")
        ->callback([&app, program] { print_completion(app, program); });
}

}  // namespace till
