till_e2e("e2e/usb scans at an agent" SCRIPT scans.py)
