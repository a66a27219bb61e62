till_e2e("e2e/cash drawer at an agent" SCRIPT drawer.py)
