till_e2e("e2e/mending: exceptions corrected, tills replaced, codes as pictures, manual and completion" SCRIPT mending.py TIMEOUT 180)
