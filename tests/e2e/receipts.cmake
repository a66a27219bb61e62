till_e2e("e2e/receipts: a device's disk alone proves what the centre has" SCRIPT receipts.py)
