till_e2e("e2e/simulated serial scanner" SCRIPT serial_scanner.py)
