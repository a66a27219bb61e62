till_e2e("e2e/identity: codes and certificates let in whom they should and nobody else"
  SCRIPT identity.py ARGUMENTS code gateway doors expired revoked)
till_e2e("e2e/identity: the agent refuses bad servers and old protocols"
  SCRIPT identity.py ARGUMENTS agent)
till_e2e("e2e/identity: testssl.sh finds TLS 1.2 only and no weakness"
  SCRIPT identity.py ARGUMENTS testssl TIMEOUT 240)
