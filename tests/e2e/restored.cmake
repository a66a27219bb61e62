till_e2e("e2e/restored: a centre that comes back from an older copy gets everything again, once" SCRIPT restored.py)
