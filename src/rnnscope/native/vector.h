// The vector of one instruction set, and everything that kernels compute with it. The only file with intrinsics.
//
// It is compiled once for each path, with that path's compiler flags and RNNSCOPE_PATH set to its name, which is also
// the namespace, so that the same names can live side by side in one library. To add a processor, give `Vector`, WIDTH
// and the functions below another branch; the last branch is plain GCC vector code and runs everywhere.
//
// No function of the standard library with external linkage may be used here or in what includes this file: the linker
// keeps one copy of an inline function, and if it came from this path it would be an illegal instruction elsewhere.
#ifndef RNNSCOPE_VECTOR_H
#define RNNSCOPE_VECTOR_H

#include <stdint.h>
#include <string.h>

#include <utility>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#define RNNSCOPE_INLINE static inline __attribute__((always_inline))
#define RNNSCOPE_UNROLL _Pragma("GCC unroll 16")

#include "kernels.h"

namespace rnnscope::RNNSCOPE_PATH {

// A number stored as bfloat16: the upper half of a float32. See kernels.h for where such numbers are allowed.
struct bfloat16 {
  uint16_t bits;
};

#if defined(__AVX512F__)

using Vector = __m512;
constexpr int WIDTH = 16;
constexpr int MOST_VECTORS = 4;  // side by side in one product: 6 x 4 sums, 4 weights and a broadcast fill 32 registers

RNNSCOPE_INLINE Vector load(const float* p) { return _mm512_loadu_ps(p); }
RNNSCOPE_INLINE void store(float* p, Vector a) { _mm512_storeu_ps(p, a); }
RNNSCOPE_INLINE Vector all(float a) { return _mm512_set1_ps(a); }
RNNSCOPE_INLINE Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
// Both give `a` where it is not a number, so that a network that has diverged is seen to have.
RNNSCOPE_INLINE Vector at_most(Vector a, Vector limit) { return _mm512_min_ps(limit, a); }
RNNSCOPE_INLINE Vector at_least(Vector a, Vector limit) { return _mm512_max_ps(limit, a); }
RNNSCOPE_INLINE Vector positive(Vector a) {  // 1 where a > 0, else 0
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_GT_OQ), all(1.f));
}
RNNSCOPE_INLINE Vector reciprocal(Vector x) {  // to 1 unit in the last place: an estimate of 14 bits and a Newton step
  const Vector r = _mm512_rcp14_ps(x);
  return r * _mm512_fnmadd_ps(x, r, all(2.f));
}
RNNSCOPE_INLINE Vector square_root(Vector x) { return _mm512_sqrt_ps(x); }
RNNSCOPE_INLINE Vector nearest(Vector x) {
  return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
RNNSCOPE_INLINE Vector scaled(Vector x, Vector exponent) { return _mm512_scalef_ps(x, exponent); }  // x 2^exponent
RNNSCOPE_INLINE Vector load_first(const float* p, int count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p);
}
RNNSCOPE_INLINE void store_first(float* p, Vector a, int count) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), a);
}
RNNSCOPE_INLINE float sum(Vector a) { return _mm512_reduce_add_ps(a); }
RNNSCOPE_INLINE float largest(Vector a) { return _mm512_reduce_max_ps(a); }

#elif defined(__AVX2__) && defined(__FMA__)

using Vector = __m256;
constexpr int WIDTH = 8;
constexpr int MOST_VECTORS = 2;  // 6 x 2 sums, 2 weights and a broadcast in 16 registers

RNNSCOPE_INLINE Vector load(const float* p) { return _mm256_loadu_ps(p); }
RNNSCOPE_INLINE void store(float* p, Vector a) { _mm256_storeu_ps(p, a); }
RNNSCOPE_INLINE Vector all(float a) { return _mm256_set1_ps(a); }
RNNSCOPE_INLINE Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
RNNSCOPE_INLINE Vector at_most(Vector a, Vector limit) { return _mm256_min_ps(limit, a); }
RNNSCOPE_INLINE Vector at_least(Vector a, Vector limit) { return _mm256_max_ps(limit, a); }
RNNSCOPE_INLINE Vector positive(Vector a) {
  return _mm256_and_ps(_mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_GT_OQ), all(1.f));
}
RNNSCOPE_INLINE Vector reciprocal(Vector x) { return _mm256_div_ps(all(1.f), x); }
RNNSCOPE_INLINE Vector square_root(Vector x) { return _mm256_sqrt_ps(x); }
RNNSCOPE_INLINE Vector nearest(Vector x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
RNNSCOPE_INLINE Vector scaled(Vector x, Vector exponent) {
  const __m256i bits = _mm256_slli_epi32(_mm256_cvtps_epi32(exponent), 23);
  return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(x), bits));
}
RNNSCOPE_INLINE float sum(Vector a) {
  const __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
}
RNNSCOPE_INLINE float largest(Vector a) {
  float v[WIDTH], most;
  store(v, a);
  most = v[0];
  for (int i = 1; i < WIDTH; i++) most = v[i] > most ? v[i] : most;
  return most;
}

#else

typedef float Vector __attribute__((vector_size(16)));
typedef int32_t Integers __attribute__((vector_size(16)));
constexpr int WIDTH = 4;
constexpr int MOST_VECTORS = 2;

RNNSCOPE_INLINE Vector load(const float* p) {
  Vector a;
  memcpy(&a, p, sizeof a);
  return a;
}
RNNSCOPE_INLINE void store(float* p, Vector a) { memcpy(p, &a, sizeof a); }
RNNSCOPE_INLINE Vector all(float a) { return Vector{a, a, a, a}; }
RNNSCOPE_INLINE Vector fma(Vector a, Vector b, Vector c) { return a * b + c; }
RNNSCOPE_INLINE Vector at_most(Vector a, Vector limit) { return a > limit ? limit : a; }
RNNSCOPE_INLINE Vector at_least(Vector a, Vector limit) { return a < limit ? limit : a; }
RNNSCOPE_INLINE Vector positive(Vector a) { return a > all(0.f) ? all(1.f) : all(0.f); }
RNNSCOPE_INLINE Vector reciprocal(Vector x) { return all(1.f) / x; }
RNNSCOPE_INLINE Vector square_root(Vector x) {
  for (int i = 0; i < WIDTH; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
}
RNNSCOPE_INLINE Vector nearest(Vector x) {  // |x| < 2^22: adding and taking away 1.5 2^23 rounds
  const Vector shift = all(12582912.f);
  return (x + shift) - shift;
}
RNNSCOPE_INLINE Vector scaled(Vector x, Vector exponent) {
  const Integers bits = __builtin_convertvector(exponent, Integers) << 23;
  return (Vector)((Integers)x + bits);
}
RNNSCOPE_INLINE float sum(Vector a) { return (a[0] + a[1]) + (a[2] + a[3]); }
RNNSCOPE_INLINE float largest(Vector a) {
  float most = a[0];
  for (int i = 1; i < WIDTH; i++) most = a[i] > most ? a[i] : most;
  return most;
}

#endif

#if !defined(__AVX512F__)
// The first `count` < WIDTH numbers; the others are 0, or left alone.
RNNSCOPE_INLINE Vector load_first(const float* p, int count) {
  float values[WIDTH] = {};
  memcpy(values, p, sizeof(float) * static_cast<size_t>(count));
  return load(values);
}
RNNSCOPE_INLINE void store_first(float* p, Vector a, int count) {
  float values[WIDTH];
  store(values, a);
  memcpy(p, values, sizeof(float) * static_cast<size_t>(count));
}
#endif

// 2^x to 2 units in the last place, for x cut to [-126, 126]: the integer part goes into the exponent, and the rest, in
// [-1/2, 1/2], into a polynomial (minimax coefficients close to those of the exponential series of x ln 2).
RNNSCOPE_INLINE Vector exp2(Vector x) {
  x = at_least(at_most(x, all(126.f)), all(-126.f));
  const Vector whole = nearest(x), rest = x - whole;
  Vector p = all(1.54035304e-4f);
  p = fma(p, rest, all(1.33335581e-3f));
  p = fma(p, rest, all(9.61812911e-3f));
  p = fma(p, rest, all(5.55041087e-2f));
  p = fma(p, rest, all(2.40226507e-1f));
  p = fma(p, rest, all(6.93147181e-1f));
  p = fma(p, rest, all(1.f));
  return scaled(p, whole);
}
constexpr float LOG2_E = 1.44269504f;

RNNSCOPE_INLINE Vector sigmoid(Vector x) { return reciprocal(all(1.f) + exp2(x * all(-LOG2_E))); }
RNNSCOPE_INLINE Vector tanh(Vector x) {
  return fma(all(-2.f), reciprocal(all(1.f) + exp2(x * all(2 * LOG2_E))), all(1.f));
}

#if defined(__AVX512BF16__)

RNNSCOPE_INLINE Vector load(const bfloat16* p) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
RNNSCOPE_INLINE void store(bfloat16* p, Vector a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), (__m256i)_mm512_cvtneps_pbh(a));
}
// What products read: 32-bit words that hold one float32, or a pair of bfloat16 whose two products are both added.
template <class S>
RNNSCOPE_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
  if constexpr (sizeof(S) == 2) return _mm512_dpbf16_ps(c, (__m512bh)a, (__m512bh)b);
  return fma(a, b, c);
}
// Interleaves two rows of WIDTH numbers: word i holds number i of both.
RNNSCOPE_INLINE Vector interleaved(const bfloat16* first, const bfloat16* second) {
  alignas(64) static const uint16_t order[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i low = _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(first)));
  const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(second));
  const __m512i both = _mm512_inserti64x4(low, high, 1);
  return _mm512_castsi512_ps(_mm512_permutexvar_epi16(_mm512_load_si512(order), both));
}
// Pairs of numbers that follow each other in two vectors, and pairs of numbers that stand at the same place in them.
RNNSCOPE_INLINE Vector rounded_in_row(Vector first, Vector second) {
  return (Vector)_mm512_cvtne2ps_pbh(second, first);
}
RNNSCOPE_INLINE Vector rounded_pairs(Vector first, Vector second) {
  alignas(32) bfloat16 a[WIDTH], b[WIDTH];
  store(a, first);
  store(b, second);
  return interleaved(a, b);
}
constexpr bool HAS_BFLOAT16 = true;

#else

template <class S>
RNNSCOPE_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
  return fma(a, b, c);
}
RNNSCOPE_INLINE Vector rounded_in_row(Vector first, Vector) { return first; }  // never called
RNNSCOPE_INLINE Vector rounded_pairs(Vector first, Vector) { return first; }
constexpr bool HAS_BFLOAT16 = false;

#endif

// How many numbers of a stored kind share one 32-bit word.
template <class S>
constexpr int PER_WORD = 4 / static_cast<int>(sizeof(S));

// Takes cards in turn from two halves of a pack: what comes out first, and what comes last.
template <int... PLACE>
RNNSCOPE_INLINE void riffle(Vector& first, Vector& second, std::integer_sequence<int, PLACE...>) {
  const Vector early = __builtin_shufflevector(first, second, (PLACE % 2 * WIDTH + PLACE / 2)...);
  second = __builtin_shufflevector(first, second, (PLACE % 2 * WIDTH + (WIDTH + PLACE) / 2)...);
  first = early;
}

// Makes columns of rows. A riffle of the upper rows with the lower ones moves the first bit of a column's number to the
// end of the row's, and the first one of the row's to the end of the column's; once for every bit changes them over.
RNNSCOPE_INLINE void transpose(Vector (&rows)[WIDTH]) {
  for (int bit = 1; bit < WIDTH; bit *= 2) {
    Vector riffled[WIDTH];
    RNNSCOPE_UNROLL for (int i = 0; i < WIDTH / 2; i++) {
      Vector first = rows[i], second = rows[i + WIDTH / 2];
      riffle(first, second, std::make_integer_sequence<int, WIDTH>());
      riffled[2 * i] = first, riffled[2 * i + 1] = second;
    }
    RNNSCOPE_UNROLL for (int i = 0; i < WIDTH; i++) rows[i] = riffled[i];
  }
}

}  // namespace rnnscope::RNNSCOPE_PATH

#endif
