#include "agent/capture/mapping.hpp"
#include "agent/daemon/settings.hpp"
#include "tests/fuzz/damages.hpp"

using namespace till;

namespace {

std::vector<Bytes> corpus() {
    return {'\0' + agent_sample(),
            Bytes{'\0'}
                + "[store]\ncurrency = \"GBP\"\ntime_zone = \"Europe/London\"\n[[tax_rule]]\n"
                  "code = \"A\"\nrate = \"20\"\n[[limit]]\nrole = \"pos\"\nrefund_max = \"5.00\"\n",
            "\x01[listen]\nserver_name = \"gateway.example\"\npublic_host = \"127.0.0.1\"\nport = 1\n"
            "[ledger]\nurl = \"postgresql://user:word@127.0.0.1:5432/till\"\n",
            '\x02' + Bytes{bundled_mapping("uci-online-retail").value()},
            '\x02' + Bytes{bundled_mapping("taiwan-pos").value()},
            "\x03TILL1-AAAA-BBBB-CCCC-DDDD",
            '\x04' + Bytes{"pos-1 pos "} + Bytes(64, 'a') + "\n# a comment\n"};
}

}  // namespace

TEST_CASE("settings: the corpus and three hundred damages of each input are survived", "[fuzz]") {
    feed_damaged(corpus(), 300);
}
