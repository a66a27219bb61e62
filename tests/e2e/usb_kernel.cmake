# The kernel's virtual controller has no hubs, and what fences a device off is no matter of the kernel.
get_property(scenarios GLOBAL PROPERTY till_usb_scenarios)
list(REMOVE_ITEM scenarios fence hub_pull)
till_e2e("usb/real kernel" SCRIPT usb_kernel.py TIMEOUT 400
  ARGUMENTS $<TARGET_FILE:usb_scenarios> ${CMAKE_BINARY_DIR}/usb_kernel ${scenarios})
