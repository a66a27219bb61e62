till_e2e("e2e/bad sector: unsent sales behind it still leave the till" SCRIPT bad_sector.py TIMEOUT 240)
