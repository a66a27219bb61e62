till_e2e("e2e/rescue: a dead till's unsent sales are taken off its disk and arrive once" SCRIPT rescue.py)
