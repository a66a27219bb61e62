till_e2e("e2e/damage: a damaged journal is set aside, what can be read arrives once, and selling goes on"
  SCRIPT damage.py ARGUMENTS set_aside bits TIMEOUT 240)
till_e2e("e2e/damage: a key outlives its journal, and a re-imaged device takes new numbers"
  SCRIPT damage.py ARGUMENTS key lost reimaged TIMEOUT 180)
