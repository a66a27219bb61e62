till_e2e("e2e/drop: a real month equals independent totals"
  SCRIPT drop.py ARGUMENTS real TIMEOUT 240)
till_e2e("e2e/drop: repeated, changed and unreadable exports"
  SCRIPT drop.py ARGUMENTS cumulative number unreadable)
