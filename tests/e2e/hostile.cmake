till_e2e("e2e/hostile: strangers that crowd the gateway's door keep no device out"
  SCRIPT hostile.py ARGUMENTS crowd LABELS smoke)
till_e2e("e2e/hostile: strangers that dawdle are shown out"
  SCRIPT hostile.py ARGUMENTS dawdle)
