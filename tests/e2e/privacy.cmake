till_e2e("e2e/privacy: a stolen till or the centre's tables tell nothing of customers and cards"
  SCRIPT privacy.py)
