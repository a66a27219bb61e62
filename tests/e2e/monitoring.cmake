till_e2e("e2e/monitoring: metrics, health, signs of life, log levels and trace ids at both ends" SCRIPT monitoring.py)
