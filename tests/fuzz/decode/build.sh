#!/usr/bin/env bash
# Builds the decode fuzz target with libFuzzer, ASan and UBSan into build/fuzz/decode and makes a
# corpus of the shared vectors where they are: tests/fuzz/decode/build.sh [SECONDS] runs it, too.
set -euo pipefail
cd "$(dirname "$0")/../../.."
out=build/fuzz/decode
mkdir -p "$out/corpus"
[ -f build/drivers/decode/builtin_dictionary.cpp ] || cmake --preset release >/dev/null
clang++-19 -std=c++23 -stdlib=libstdc++ -O1 -g -I. -fsanitize=fuzzer,address,undefined \
  -fno-sanitize-recover=all -o "$out/fuzz" tests/fuzz/decode/decode_fuzz.cpp drivers/decode/*.cpp \
  build/drivers/decode/builtin_dictionary.cpp agent/core/*.cpp
python3 - "$out/corpus" "${TILL_SHARED:-../shared}/data/gs1-vectors" <<'PY'
import hashlib, json, pathlib, sys
out, vectors = map(pathlib.Path, sys.argv[1:])
if not vectors.is_dir():
    print(f"no {vectors}: no corpus from it")
    sys.exit(0)
modes = {"scan_full": (0, 3), "scan_parse": (0, 3), "bracketed_full": (1,), "bracketed_to_raw": (1,),
         "bracketed_lint": (1,), "ai_association": (1,), "dl_generate": (1,), "dl_parse": (2,)}
count = 0
for path in sorted(vectors.glob("*.jsonl")):
    for line in path.open(encoding="utf-8"):
        row = json.loads(line)
        for mode in modes.get(row.get("op"), ()):
            data = bytes([mode]) + row["input"].encode()
            (out / hashlib.sha1(data).hexdigest()).write_bytes(data)
            count += 1
print(f"{count} seeds")
PY
[ $# -eq 0 ] || "$out/fuzz" -max_total_time="$1" -max_len=512 -print_final_stats=1 "$out/corpus"
