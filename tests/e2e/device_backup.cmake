till_e2e("e2e/device backup: a till restored from its backup" SCRIPT device_backup.py ARGUMENTS restored TIMEOUT 120)
till_e2e("e2e/device backup: mistakes are named" SCRIPT device_backup.py ARGUMENTS mistakes TIMEOUT 60)
