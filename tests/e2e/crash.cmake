till_e2e("e2e/crash: every acknowledged capture is present exactly once after kills"
  SCRIPT crash.py ARGUMENTS acknowledged TIMEOUT 180)
till_e2e("e2e/crash: a dropped file is captured exactly once though the agent is killed in its middle"
  SCRIPT crash.py ARGUMENTS dropped TIMEOUT 180)
