add_test(NAME "drivers/decode: codes drawn by zint and read by zbar and zxing decode to what was drawn"
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/decode_roundtrip.sh $<TARGET_FILE:tillctl>)
set_tests_properties("drivers/decode: codes drawn by zint and read by zbar and zxing decode to what was drawn"
  PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77 LABELS e2e)
