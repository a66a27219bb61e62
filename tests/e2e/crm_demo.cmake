till_e2e("e2e/crm demo: known online, greeted offline, bought once, withdrawn, erased" SCRIPT crm_demo.py TIMEOUT 300)
