#!/usr/bin/env bash
# Codes drawn by zint, read by two foreign readers, decoded by tillctl: what was put in comes out.
# usage: decode_roundtrip.sh TILLCTL; exits 77 (skipped) where a tool is missing.
set -euo pipefail
tillctl=$1
for tool in zint zbarimg ZXingReader jq; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool" >&2; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
cases=0

draw() {  # draw NAME ZINT-ARGUMENT…
  zint --scale=3 --whitesp=10 --vwhitesp=10 -o "$work/$1.png" "${@:2}" >/dev/null
}

# What a scanner would send: ZXingReader 1.4 prints the identifier, and the bytes in hexadecimal.
zxing() {
  ZXingReader "$work/$1.png" | awk '
    $1 == "Bytes:" { for (i = 2; i <= NF; i++) bytes = bytes "\\x" $i }
    $1 == "Identifier:" { aim = $2 }
    END { printf "%s%s", aim, bytes }' | xargs -0 printf
}

# zbarimg sends no identifier: the caller says which one a scanner would have sent.
zbar() { printf '%s%s' "$2" "$(zbarimg --quiet --raw "$work/$1.png" 2>/dev/null)"; }

expect() {  # expect WHAT JQ-FILTER WANTED SCAN
  local answer got
  cases=$((cases + 1))
  answer=$(printf '%s\n' "$4" | "$tillctl" decode --today 2026-11-23)
  got=$(jq -r "$2" <<<"$answer")
  [ "$got" = "$3" ] && return
  echo "$1: wanted $3, got $got, from $answer" >&2
  failures=$((failures + 1))
}

elements='(01)09506000134352(10)A1B2(17)270131'
bracketed='[01]09506000134352[10]A1B2[17]270131'
link='https://id.gs1.org/01/09506000134352/10/A1B2?17=270131'

draw ean13 -b EANX -d 400638133393
draw upca -b UPCA -d 03600029145
draw upce -b UPCE -d 0425261
draw ean8 -b EANX -d 9638507
draw gs1_128 -b GS1_128 -d "$bracketed"
draw datamatrix -b DATAMATRIX --gs1 -d "$bracketed"
draw gs1qr -b QRCODE --gs1 -d "$bracketed"
draw link -b QRCODE -d "$link"
draw databar -b DBAR_EXP -d "$bracketed"
draw code39 -b CODE39 -d '/ABC+D12'
draw itf14 -b ITF14 -d 1501234567890

expect "EAN-13, zxing" .till.gtin 04006381333931 "$(zxing ean13)"
expect "EAN-13, zbar" .till.gtin 04006381333931 "$(zbar ean13 ']E0')"
expect "UPC-A, zxing" .till.gtin 00036000291452 "$(zxing upca)"
expect "UPC-A, zbar" .till.gtin 00036000291452 "$(zbar upca ']E0')"
expect "UPC-E, zxing" .till.gtin 00042100005264 "$(zxing upce)"
expect "UPC-E, zbar" .till.gtin 00042100005264 "$(zbar upce ']E0')"
expect "EAN-8, zxing" .till.gtin 00000096385074 "$(zxing ean8)"
expect "ITF-14, zbar" .till.gtin 15012345678907 "$(zbar itf14 ']I1')"
expect "GS1-128, zxing" .ai "$elements" "$(zxing gs1_128)"
expect "GS1 DataMatrix, zxing" .ai "$elements" "$(zxing datamatrix)"
expect "GS1 QR, zxing" .ai "$elements" "$(zxing gs1qr)"
expect "Digital Link, zxing" .ai "$elements" "$(zxing link)"
expect "Digital Link, zbar" .ai "$elements" "$(zbar link ']Q1')"
# ZXingReader writes DataBar Expanded in brackets, after the identifier.
databar=$(zxing databar)
expect "DataBar Expanded, zxing" .ai "$elements" \
  "$(jq -cn --arg input "${databar#]e0}" '{op: "bracketed_full", input: $input}')"
expect "Code 39, zxing" .till.number "/ABC+D12" "$(zxing code39)"
expect "Code 39, zbar" .till.number "/ABC+D12" "$(zbar code39 ']A0')"

echo "$((cases - failures)) of $cases symbols decode to what was drawn"
[ "$failures" -eq 0 ]
