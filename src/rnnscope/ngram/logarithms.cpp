// With p = 2^k m, m in [sqrt(1/2), sqrt(2)), and s = (m - 1) / (m + 1):
//     log p = k log 2 + 2 artanh s,    artanh s = s + s^3 P(s^2),
// P interpolating artanh at the Chebyshev nodes of s^2 in [0, 0.02944]. The relative error of artanh is below 7e-16, so
// what is rounded to a float differs from the rounded logarithm once in some hundred million numbers.
#include "logarithms.h"

#include <bit>
#include <limits>

// The same operations, and so the same numbers, in wider registers where the processor has them.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__)
#define RNNSCOPE_WIDER __attribute__((target_clones("default", "avx2")))
#else
#define RNNSCOPE_WIDER
#endif

namespace rnnscope::ngram {

RNNSCOPE_WIDER
void logarithms(const double* __restrict p, float* __restrict out, int32_t count) {
  constexpr double P[] = {0.3333333333333104,  0.20000000005603977, 0.14285712068932277,
                          0.11111431165064249, 0.09070095808104249, 0.0831092509542264};
  constexpr double LOG_2 = 0.6931471805599453;
  constexpr double SMALLEST = std::numeric_limits<double>::min();
  constexpr uint64_t ROOT_HALF = 0x3FE6A09E667F3BCD;  // bits of sqrt(1/2)
  constexpr uint64_t BIAS = 2048;                     // keeps k above 0
  constexpr uint64_t TWO_52 = 0x4330000000000000;     // bits of 2^52, whose last bit is worth 1
  for (int32_t i = 0; i < count; i++) {
    const double x = p[i] > SMALLEST ? p[i] : SMALLEST;
    const uint64_t bits = std::bit_cast<uint64_t>(x);
    const uint64_t biased = (bits + (BIAS << 52) - ROOT_HALF) >> 52;
    const double m = std::bit_cast<double>(bits - ((biased - BIAS) << 52));
    const double k = std::bit_cast<double>(TWO_52 | biased) - (4503599627370496.0 + BIAS);
    const double s = (m - 1) / (m + 1), z = s * s;
    const double rest = P[0] + z * (P[1] + z * (P[2] + z * (P[3] + z * (P[4] + z * P[5]))));
    out[i] = static_cast<float>(k * LOG_2 + (2 * s + 2 * s * z * rest));
  }
}

}  // namespace rnnscope::ngram
