till_e2e("e2e/master data: what central IT imports is what every till obeys" SCRIPT master_data.py TIMEOUT 240)
