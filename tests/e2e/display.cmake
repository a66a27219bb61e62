till_e2e("e2e/line display at an agent" SCRIPT display.py)
