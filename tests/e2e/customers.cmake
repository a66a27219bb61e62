till_e2e("e2e/customers: whom the centre knows is recognised at the till" SCRIPT customers.py TIMEOUT 400)
