till_e2e("e2e/readme: the tours run as they stand" SCRIPT readme.py)
