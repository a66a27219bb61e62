#include "sync/crm/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>

namespace till::sync {

namespace {

constexpr std::size_t answer_bytes_max = 1024 * 1024;

/// libcurl is set up once in a process, before it has threads that could be in its way.
void ensure_curl() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) std::abort();
    });
}

std::size_t take(char* data, std::size_t, std::size_t size, void* into) {
    Bytes& body = *static_cast<Bytes*>(into);
    if (body.size() < answer_bytes_max)
        body.append(data, std::min(size, answer_bytes_max - body.size()));
    return size;
}

int go_on(void* stopped, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<std::atomic<bool>*>(stopped)->load() ? 1 : 0;
}

/// Nothing of a request had left when these came.
bool never_left(CURLcode code, CURL* handle) {
    switch (code) {
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_CERTPROBLEM:
            return true;
        default:
            break;
    }
    curl_off_t ready = 0;  // When the connection stood, TLS included; 0: never.
    curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return ready == 0;
}

}  // namespace

struct HttpClient::Impl {
    CURL* handle = nullptr;
};

HttpClient::HttpClient(Options options) : impl_{std::make_unique<Impl>()} {
    ensure_curl();
    impl_->handle = curl_easy_init();
    if (!impl_->handle) std::abort();  // No memory, as everywhere.
    CURL* const curl = impl_->handle;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options.connect_limit.count()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.answer_limit.count()));
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "till-gateway");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, go_on);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stopped_);
    // On a connection that was kept libcurl sends a request again by itself when the server closed it: the
    // first may have been taken.
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    if (!options.authorities.empty())
        curl_easy_setopt(curl, CURLOPT_CAINFO, options.authorities.c_str());
}

HttpClient::~HttpClient() { curl_easy_cleanup(impl_->handle); }

Result<HttpClient::Answer> HttpClient::post(const std::string& url,
                                            const std::vector<std::string>& headers,
                                            const Bytes& body) {
    if (stopped_) return Error{Errc::closed, "stopping"};
    CURL* const curl = impl_->handle;
    std::unique_ptr<curl_slist, decltype([](curl_slist* list) { curl_slist_free_all(list); })> list;
    for (const auto& header : headers)
        list.reset(curl_slist_append(list.release(), header.c_str()));
    list.reset(curl_slist_append(list.release(), "Expect:"));
    Answer answer;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    const CURLcode done = curl_easy_perform(curl);
    if (done != CURLE_OK)
        return Error{never_left(done, curl) ? Errc::closed : Errc::outcome_unknown,
                     curl_easy_strerror(done)};
    long status = 0;
    curl_off_t seconds = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
    answer.status = static_cast<unsigned>(status);
    answer.retry_after = std::chrono::seconds{std::clamp<curl_off_t>(seconds, 0, 86'400)};
    return answer;
}

}  // namespace till::sync
