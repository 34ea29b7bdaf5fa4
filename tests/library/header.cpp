// header.cpp - the public header as C++ reads it.
#include <legacy_llm.h>

#include <cstdio>

int main() {
  legacy_llm_start();
  std::puts(legacy_llm_version());
  return 0;
}
