#!/bin/sh
# A sale over HTTP with curl:  sale.sh HOME [KEY]
# HOME is the agent's folder: it names the port and holds the tokens. The same KEY again, after a timeout or
# a crash, gives the first answer again and sells nothing twice.
set -eu
home=$1
port=$(cat "$home/http.port")
token=$(cat "$home/token-pos")
key=${2:-$(cat /proc/sys/kernel/random/uuid)}
exec curl --silent --show-error --fail-with-body --max-time 10 --retry 5 --retry-connrefused --retry-delay 1 \
  --header "Authorization: Bearer $token" \
  --header "Idempotency-Key: $key" \
  --json '{"lines":[{"sku":"TEA-1","description":"Tea","quantity":"2","unit_price":"2.50"}],
           "tenders":[{"type":"TENDER_TYPE_CASH","amount":"5.00"}]}' \
  "http://127.0.0.1:$port/v1/transactions"
