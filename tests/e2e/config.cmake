till_e2e("e2e/config: faults of settings, starts and rights are named"
  SCRIPT config.py)
