till_e2e("e2e/tryton: a real CRM has every customer, sale and consent once" SCRIPT tryton.py TIMEOUT 420)
till_e2e("e2e/tryton on PostgreSQL: a real CRM has every customer, sale and consent once" SCRIPT tryton.py ARGUMENTS --postgres TIMEOUT 600)
