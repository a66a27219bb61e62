till_e2e("e2e/ledger: what the centre stored proves itself, and names exactly what was changed" SCRIPT ledger.py)
