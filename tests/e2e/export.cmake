till_e2e("e2e/export: whole, to the cent, and in bounded memory" SCRIPT export.py)
