till_e2e("e2e/two gateways: one journal at both at once, nothing doubled, nothing lost"
  SCRIPT two_gateways.py ARGUMENTS one_journal figures)
till_e2e("e2e/two gateways: one killed, or PostgreSQL killed, and nothing acknowledged is lost"
  SCRIPT two_gateways.py ARGUMENTS killed)
till_e2e("e2e/two gateways: one list of who is let in, and clear refusals"
  SCRIPT two_gateways.py ARGUMENTS let_in refused_clearly)
