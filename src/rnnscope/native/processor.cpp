// What the processor can do, asked of the processor itself.
//
// Bit positions: Intel SDM volume 2A (CPUID) and volume 1 section 13.3 (XCR0); Linux' arch/arm64 hwcap.h.
#include "rnnscope.h"

#include <cstdint>
#include <cstring>
#include <string>

#if defined(__x86_64__) || defined(_M_X64)
#define RNNSCOPE_X86 1
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace {

void add(std::string& names, bool present, const char* name) {
  if (!present) return;
  if (!names.empty()) names += ' ';
  names += name;
}

#if defined(RNNSCOPE_X86)

struct Registers {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  Registers r;
#if defined(_MSC_VER)
  int values[4];
  __cpuid(values, 0);
  if (static_cast<std::uint32_t>(values[0]) < leaf) return r;
  __cpuidex(values, static_cast<int>(leaf), static_cast<int>(subleaf));
  r.eax = values[0], r.ebx = values[1], r.ecx = values[2], r.edx = values[3];
#else
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
#endif
  return r;
}

// Which register files the operating system saves on a task switch; without that, using them is an illegal instruction.
std::uint64_t saved_registers() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  std::uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
#endif
}

std::string names() {
  const Registers one = cpuid(1, 0);
  const Registers seven = cpuid(7, 0);
  const Registers more = seven.eax >= 1 ? cpuid(7, 1) : Registers{};
  const auto bit = [](std::uint32_t word, int index) { return ((word >> index) & 1u) != 0; };

  const std::uint64_t saved = bit(one.ecx, 27) ? saved_registers() : 0;
  const bool ymm = (saved & 0x6) == 0x6;
  const bool zmm = (saved & 0xe6) == 0xe6;

  std::string found;
  add(found, bit(one.ecx, 20), "sse4_2");
  add(found, ymm && bit(one.ecx, 28), "avx");
  add(found, ymm && bit(one.ecx, 29), "f16c");
  add(found, ymm && bit(one.ecx, 12), "fma");
  add(found, ymm && bit(seven.ebx, 5), "avx2");
  add(found, ymm && bit(more.eax, 4), "avx_vnni");
  add(found, zmm && bit(seven.ebx, 16), "avx512f");
  add(found, zmm && bit(seven.ebx, 17), "avx512dq");
  add(found, zmm && bit(seven.ebx, 30), "avx512bw");
  add(found, zmm && bit(seven.ebx, 31), "avx512vl");
  add(found, zmm && bit(seven.ecx, 11), "avx512_vnni");
  add(found, zmm && bit(more.eax, 5), "avx512_bf16");
  add(found, zmm && bit(seven.edx, 23), "avx512_fp16");
  return found;
}

#elif defined(__aarch64__) && defined(__linux__)

std::string names() {
  const unsigned long first = getauxval(AT_HWCAP);
  const unsigned long second = getauxval(AT_HWCAP2);
  std::string found;
  add(found, (first >> 1) & 1, "asimd");
  add(found, (first >> 22) & 1, "sve");
  add(found, (second >> 1) & 1, "sve2");
  add(found, (second >> 14) & 1, "bf16");
  return found;
}

#elif defined(__aarch64__) || defined(_M_ARM64)

std::string names() { return "asimd"; }  // part of the architecture

#else

std::string names() { return ""; }

#endif

}  // namespace

int rnnscope_interface(void) { return RNNSCOPE_INTERFACE; }

int rnnscope_processor(char* text, int size) {
  const std::string found = names();
  const int needed = static_cast<int>(found.size()) + 1;
  if (needed <= size) std::memcpy(text, found.c_str(), static_cast<std::size_t>(needed));
  return needed;
}
