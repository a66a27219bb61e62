till_e2e("e2e/openapi: both documents are valid and true of what the doors take and answer" SCRIPT openapi.py TIMEOUT 300)
