till_e2e("e2e/crm on Tryton: a real CRM has every customer, sale and consent once" SCRIPT tryton.py TIMEOUT 900)
till_e2e("e2e/crm on Tryton with PostgreSQL: a real CRM has every customer, sale and consent once" SCRIPT tryton.py ARGUMENTS --postgres TIMEOUT 1200)
