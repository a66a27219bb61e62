till_e2e("e2e/erasure: who asks gets all that is known of her, or is forgotten everywhere" SCRIPT erasure.py TIMEOUT 240)
