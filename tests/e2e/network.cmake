till_e2e("e2e/network: a proxy that cuts idle connections" SCRIPT network.py ARGUMENTS idle TIMEOUT 120)
till_e2e("e2e/network: bytes lost without a word" SCRIPT network.py ARGUMENTS bytes TIMEOUT 180)
