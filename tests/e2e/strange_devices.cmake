till_e2e("e2e/strange devices: a poison record holds up nobody" SCRIPT strange_devices.py ARGUMENTS poison TIMEOUT 120)
till_e2e("e2e/strange devices: agents of other versions sync beside ours" SCRIPT strange_devices.py ARGUMENTS versions TIMEOUT 120)
till_e2e("e2e/strange devices: one that floods delays no other" SCRIPT strange_devices.py ARGUMENTS floods TIMEOUT 240)
