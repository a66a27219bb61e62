till_e2e("e2e/backup: a gateway restored from its backup gets everything again, once" SCRIPT backup.py)
