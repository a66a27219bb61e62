till_e2e("e2e/demo: a day of a shop balances after a pulled cable and a crash"
  SCRIPT demo.py ARGUMENTS --transactions 150 LABELS smoke TIMEOUT 180)
