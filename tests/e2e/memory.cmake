till_e2e("e2e/memory: programs that run out of it end, and lose nothing they answered" SCRIPT memory.py TIMEOUT 240)
