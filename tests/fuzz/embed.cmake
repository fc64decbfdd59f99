wellspring_fuzzer(fuzz_wordpiece
  SOURCES fuzz_wordpiece.cpp
  LIBRARIES wellspring_embed)
