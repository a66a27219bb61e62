till_e2e("e2e/clocks: years off, stepping, a month offline: business days and corrected times are right"
  SCRIPT clocks.py)
