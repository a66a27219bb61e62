till_e2e("e2e/disk full: the centre holds its devices; nothing is lost" SCRIPT disk_full.py ARGUMENTS at_the_centre TIMEOUT 240)
till_e2e("e2e/disk full: a till closes its day and sells on with room" SCRIPT disk_full.py ARGUMENTS at_the_till TIMEOUT 180)
