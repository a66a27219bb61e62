till_e2e("e2e/damage: a damaged journal is set aside, what can be read arrives once, and selling goes on"
  SCRIPT damage.py ARGUMENTS damaged TIMEOUT 180)
