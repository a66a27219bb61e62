till_e2e("e2e/retention: old events leave the device; keys, numbers and proofs stay" SCRIPT retention.py ARGUMENTS leave_the_device TIMEOUT 180)
till_e2e("e2e/retention: a centre restored from too old a backup says what it lost" SCRIPT retention.py ARGUMENTS too_old TIMEOUT 180)
till_e2e("e2e/retention: old events leave the centre; a signed checkpoint proves the rest" SCRIPT retention.py ARGUMENTS leave_the_centre TIMEOUT 180)
