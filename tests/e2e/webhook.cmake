till_e2e("e2e/crm webhook: a receiver has every event once, whatever fails" SCRIPT webhook.py TIMEOUT 240)
