// What the processor can do, asked of the processor itself.
//
// Bit positions: Intel SDM volume 2A (CPUID) and volume 1 section 13.3 (XCR0); Linux' arch/arm64 hwcap.h.
#include "processor.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "rnnscope.h"

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

namespace rnnscope {

#if defined(RNNSCOPE_X86)

namespace {

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

}  // namespace

Features features() {
  const Registers one = cpuid(1, 0);
  const Registers seven = cpuid(7, 0);
  const Registers more = seven.eax >= 1 ? cpuid(7, 1) : Registers{};
  const auto bit = [](std::uint32_t word, int index) { return ((word >> index) & 1u) != 0; };

  const std::uint64_t saved = bit(one.ecx, 27) ? saved_registers() : 0;
  const bool ymm = (saved & 0x6) == 0x6;
  const bool zmm = (saved & 0xe6) == 0xe6;

  Features has{};
  has.sse4_2 = bit(one.ecx, 20);
  has.avx = ymm && bit(one.ecx, 28);
  has.f16c = ymm && bit(one.ecx, 29);
  has.fma = ymm && bit(one.ecx, 12);
  has.avx2 = ymm && bit(seven.ebx, 5);
  has.avx_vnni = ymm && bit(more.eax, 4);
  has.avx512f = zmm && bit(seven.ebx, 16);
  has.avx512dq = zmm && bit(seven.ebx, 17);
  has.avx512bw = zmm && bit(seven.ebx, 30);
  has.avx512vl = zmm && bit(seven.ebx, 31);
  has.avx512_vnni = zmm && bit(seven.ecx, 11);
  has.avx512_bf16 = zmm && bit(more.eax, 5);
  has.avx512_fp16 = zmm && bit(seven.edx, 23);
  return has;
}

#elif defined(__aarch64__) && defined(__linux__)

Features features() {
  const unsigned long first = getauxval(AT_HWCAP);
  const unsigned long second = getauxval(AT_HWCAP2);
  Features has{};
  has.asimd = (first >> 1) & 1;
  has.sve = (first >> 22) & 1;
  has.sve2 = (second >> 1) & 1;
  has.bf16 = (second >> 14) & 1;
  return has;
}

#else

Features features() {
  Features has{};
#if defined(__aarch64__) || defined(_M_ARM64)
  has.asimd = true;  // part of the architecture
#endif
  return has;
}

#endif

}  // namespace rnnscope

int rnnscope_interface(void) { return RNNSCOPE_INTERFACE; }

int rnnscope_processor(char* text, int size) {
  const rnnscope::Features has = rnnscope::features();
  const std::pair<bool, const char*> sets[] = {
      {has.sse4_2, "sse4_2"},
      {has.avx, "avx"},
      {has.f16c, "f16c"},
      {has.fma, "fma"},
      {has.avx2, "avx2"},
      {has.avx_vnni, "avx_vnni"},
      {has.avx512f, "avx512f"},
      {has.avx512dq, "avx512dq"},
      {has.avx512bw, "avx512bw"},
      {has.avx512vl, "avx512vl"},
      {has.avx512_vnni, "avx512_vnni"},
      {has.avx512_bf16, "avx512_bf16"},
      {has.avx512_fp16, "avx512_fp16"},
      {has.asimd, "asimd"},
      {has.sve, "sve"},
      {has.sve2, "sve2"},
      {has.bf16, "bf16"},
  };
  std::string found;
  for (const auto& [present, name] : sets) {
    if (!present) continue;
    if (!found.empty()) found += ' ';
    found += name;
  }
  const int needed = static_cast<int>(found.size()) + 1;
  if (needed <= size) std::memcpy(text, found.c_str(), static_cast<std::size_t>(needed));
  return needed;
}
