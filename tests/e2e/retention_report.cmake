till_e2e("e2e/retention report: whether customers come back, as real transactions say" SCRIPT retention_report.py TIMEOUT 300)
