till_e2e("e2e/doors: bad requests are refused by name and change nothing"
  SCRIPT doors.py ARGUMENTS refused nul role connections)
till_e2e("e2e/doors: every command reaches the centre's tables"
  SCRIPT doors.py ARGUMENTS tables customer LABELS smoke)
till_e2e("e2e/doors: slow clients are cut off while others are served"
  SCRIPT doors.py ARGUMENTS slow)
