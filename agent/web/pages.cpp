#include "agent/web/pages.hpp"

#include "embedded/web_files.hpp"

#include <algorithm>
#include <array>

namespace till {

namespace {

struct Page {
    std::string_view path, file, type;
};

constexpr std::array pages = {
    Page{"/docs", "docs.html", "text/html; charset=utf-8"},
    Page{"/docs.css", "docs.css", "text/css; charset=utf-8"},
    Page{"/docs.js", "docs.js", "text/javascript; charset=utf-8"},
    Page{"/openapi.json", "openapi.json", "application/json"},
};

}  // namespace

bool is_page(const HttpRequest& request) {
    return request.method == "GET"
           && std::ranges::find(pages, request.path(), &Page::path) != pages.end();
}

HttpResponse page(const HttpRequest& request) {
    const auto* found = std::ranges::find(pages, request.path(), &Page::path);
    if (found == pages.end()) return {.status = 404, .content_type = {}};
    return {
        .content_type = std::string{found->type},
        .headers = {{"Content-Security-Policy",
                     "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'; "
                     "frame-ancestors 'none'; base-uri 'none'"}},
        .body = Bytes{embedded::web_files(found->file)}};
}

}  // namespace till
