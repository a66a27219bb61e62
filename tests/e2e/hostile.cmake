till_e2e("e2e/hostile: strangers that crowd the gateway's door keep no device out"
  SCRIPT hostile.py ARGUMENTS crowd)
till_e2e("e2e/hostile: strangers that dawdle are shown out"
  SCRIPT hostile.py ARGUMENTS dawdle)
till_e2e("e2e/hostile: a second gateway on a port in use is refused and says so"
  SCRIPT hostile.py ARGUMENTS port)
