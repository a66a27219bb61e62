till_e2e("e2e/poslog: out by the schema, in again to the same figures" SCRIPT poslog.py)
