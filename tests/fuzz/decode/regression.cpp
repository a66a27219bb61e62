// Runs the fuzz target over a corpus without libFuzzer: what is built in, every prefix of it and
// it with each byte changed; then the files named on the command line.

#include <array>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string_view current;

/// The input that broke the target, for whoever has to mend it.
void report(int) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char c : current) {
        const auto byte = static_cast<unsigned char>(c);
        std::cerr << digits[byte >> 4] << digits[byte & 15];
    }
    std::cerr << '\n';
}

void run(std::string_view input) {
    current = input;
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

void run_with_damage(std::string input) {
    for (std::size_t size = 0; size <= input.size(); ++size)
        run(std::string_view{input}.substr(0, size));
    for (auto& c : input) {
        const char kept = c;
        for (const char damage : {'\0', '^', '|', '(', '%', '9', '/', '\x1d', '\xff'}) {
            c = damage;
            run(input);
        }
        c = kept;
    }
}

constexpr std::array<std::string_view, 12> corpus{
    "]E04006381333931|]e010A\x1d"
    "99B",
    "]C1010950600013435210AB\x1d"
    "1727013121C",
    "]Q1https://id.gs1.org/01/09506000134352/10/A%2FB?17=270131&x=1&y",
    "]C18110106141416543213500110000310123196000",
    "]A4!BC1234",
    "]E3978123456789751299",
    "(01)09506000134352(10)A\\(B(3103)000100|(99)X",
    "(8030)A(253)9506000134352X(89)U",
    "https://a/gtin/4006381333931/ser/X?89=U",
    "201234592875X",
    "0912-345-678",
    "01 *? N14,csum,gcppos2 ex=255,37 dlpkey=22,10,21|235 # GTIN\n3100-3105 *? N6 [X..5] req=01+02",
};

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGABRT, report);
    for (int first = 0; first < 256; first += 1)
        for (const auto text : corpus)
            run(std::string{static_cast<char>(first)} + std::string{text});
    for (char first = 0; first < 5; ++first)
        for (const auto text : corpus) run_with_damage(std::string{first} + std::string{text});
    for (int i = 1; i < argc; ++i) {
        std::ifstream in{argv[i], std::ios::binary};
        if (!in) {
            std::cerr << "cannot read " << argv[i] << '\n';
            return 1;
        }
        run(std::string{std::istreambuf_iterator<char>{in}, {}});
    }
    return 0;
}
