till_e2e("e2e/sync: clones fork and go on, pulled cables and restarts lose nothing"
  SCRIPT sync.py ARGUMENTS cloned pulled stopping)
till_e2e("e2e/sync: a network that never answers is given up and heals"
  SCRIPT sync.py ARGUMENTS never)
till_e2e("e2e/sync: 100,000 events drain with flat memory"
  SCRIPT sync.py ARGUMENTS large TIMEOUT 300)
