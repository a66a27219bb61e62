till_e2e("e2e/cli: tillctl's exit codes, JSON and verify"
  SCRIPT cli.py)
