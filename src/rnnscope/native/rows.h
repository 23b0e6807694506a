// What happens row by row on one path: the softmax, sums over rows, and the update rules.
#ifndef RNNSCOPE_ROWS_H
#define RNNSCOPE_ROWS_H

#include "vector.h"

namespace rnnscope::RNNSCOPE_PATH {

template <class S>
void scatter(float* table, int vectors, int vocabulary, const void* a, int64_t stride, const int64_t* ids, int window,
             int64_t ids_stride, int64_t rows) {
  const int64_t numbers = (int64_t{vocabulary} + 1) * vectors * WIDTH;
  memset(table, 0, sizeof(float) * static_cast<size_t>(window * numbers));
  const S* row = static_cast<const S*>(a);
  for (int64_t i = 0; i < rows; i++, row += stride) {
    for (int k = 0; k < window; k++) {
      float* sums = table + k * numbers + (ids[k * ids_stride + i] + 1) * vectors * WIDTH;
      for (int v = 0; v < vectors; v++) store(sums + v * WIDTH, load(sums + v * WIDTH) + load(row + v * WIDTH));
    }
  }
}

template <class S>
void column_sums(float* out, const void* a, const float* memory, int64_t stride, int units, int64_t rows) {
  constexpr int SOME = 4;  // independent sums, so that none waits for its own last addition
  for (int u = 0; u < units; u += SOME * WIDTH) {
    const S* row = static_cast<const S*>(a) + u;
    const float* factor = memory ? memory + u : nullptr;
    Vector total[SOME];
    RNNSCOPE_UNROLL for (int v = 0; v < SOME; v++) total[v] = all(0.f);
    for (int64_t i = 0; i < rows; i++) {
      RNNSCOPE_UNROLL for (int v = 0; v < SOME; v++) {
        if (u + v * WIDTH >= units) break;
        const Vector value = load(row + i * stride + v * WIDTH);
        total[v] = factor ? fma(value, load(factor + i * stride + v * WIDTH), total[v]) : total[v] + value;
      }
    }
    for (int v = 0; v < SOME && u + v * WIDTH < units; v++) {
      const int left = units - u - v * WIDTH;
      if (left >= WIDTH)
        store(out + u + v * WIDTH, total[v]);
      else
        store_first(out + u + v * WIDTH, total[v], left);
    }
  }
}

template <class S>
void read(float* out, const void* plane, int count) {
  const S* row = static_cast<const S*>(plane);
  int u = 0;
  for (; u + WIDTH <= count; u += WIDTH) store(out + u, load(row + u));
  if (u < count) store_first(out + u, load(row + u), count - u);
}

template <class S>
void write(void* plane, const float* values, int count, int padded) {
  S* row = static_cast<S*>(plane);
  for (int u = 0; u < padded; u += WIDTH) {
    store(row + u, count - u >= WIDTH ? load(values + u) : u < count ? load_first(values + u, count - u) : all(0.f));
  }
}

inline void start(float* sums, int64_t stride, int rows, int vectors, const float* bias, const Lookup* lookup) {
  for (int r = 0; r < rows; r++, sums += stride) {
    for (int v = 0; v < vectors; v++) store(sums + v * WIDTH, load(bias + v * WIDTH));
    for (int k = 0; lookup && k < lookup->window; k++) {
      const int some = lookup->some;
      const int64_t symbol = lookup->ids[k * lookup->ids_stride + r] + 1;
      const float* row = lookup->table + (k * (int64_t{lookup->vocabulary} + 1) + symbol) * some * WIDTH;
      float* at = sums + lookup->first * WIDTH;
      for (int v = 0; v < some; v++) store(at + v * WIDTH, load(at + v * WIDTH) + load(row + v * WIDTH));
    }
  }
}

// exp(z - largest) in place of z, and the sum of them.
RNNSCOPE_INLINE float exponentials(float* z, int vectors, float* most) {
  Vector peak = load(z);
  for (int v = 1; v < vectors; v++) peak = at_least(load(z + v * WIDTH), peak);
  *most = largest(peak);
  const Vector shift = all(-*most * LOG2_E);
  Vector total = all(0.f);
  for (int v = 0; v < vectors; v++) {
    const Vector e = exp2(fma(load(z + v * WIDTH), all(LOG2_E), shift));
    store(z + v * WIDTH, e);
    total = total + e;
  }
  return sum(total);
}

template <class S>
void cross_entropy(float* logits, int64_t stride, int rows, int vocabulary, const int64_t* targets, float scale,
                   double* losses, void* d_logits, int64_t d_stride) {
  const int vectors = (vocabulary + WIDTH - 1) / WIDTH;
  S* out = static_cast<S*>(d_logits);
  for (int r = 0; r < rows; r++, logits += stride, out += d_stride) {
    if (targets[r] < 0) {
      losses[r] = 0;
      for (int v = 0; v < vectors; v++) store(out + v * WIDTH, all(0.f));
      continue;
    }
    float most;
    const float asked = logits[targets[r]], total = exponentials(logits, vectors, &most);
    losses[r] = static_cast<double>(__builtin_logf(total)) + (static_cast<double>(most) - asked);
    const Vector share = all(scale / total);
    logits[targets[r]] -= total;
    for (int v = 0; v < vectors; v++) store(out + v * WIDTH, load(logits + v * WIDTH) * share);
  }
}

// The largest of some logits, and the logarithm of the sum of exp(z - largest).
struct Norm {
  float most, log_total;
  float log_sum() const { return most + log_total; }
};

RNNSCOPE_INLINE Norm norm_of(const float* z, int vectors) {
  Vector peak = load(z);
  for (int v = 1; v < vectors; v++) peak = at_least(load(z + v * WIDTH), peak);
  const float most = largest(peak);
  const Vector shift = all(-most * LOG2_E);
  Vector total = all(0.f);
  for (int v = 0; v < vectors; v++) total = total + exp2(fma(load(z + v * WIDTH), all(LOG2_E), shift));
  return {most, __builtin_logf(sum(total))};
}

RNNSCOPE_INLINE void log_softmax(float* logits, int64_t stride, int rows, int vocabulary) {
  const int vectors = (vocabulary + WIDTH - 1) / WIDTH;
  for (int r = 0; r < rows; r++, logits += stride) {
    const Vector norm = all(norm_of(logits, vectors).log_sum());
    for (int v = 0; v < vectors; v++) store(logits + v * WIDTH, load(logits + v * WIDTH) - norm);
  }
}

constexpr float FAR = 1e9f;  // beyond the number of any symbol

// Ranks and best symbols are told from log-probabilities as log_softmax gives them, so that equals are equals in both.
inline void score(const float* logits, int64_t stride, int rows, int vocabulary, const int64_t* targets, double* losses,
                  float* log_probs, int32_t* ranks, int32_t* best) {
  const int vectors = (vocabulary + WIDTH - 1) / WIDTH;
  float places[WIDTH];
  for (int u = 0; u < WIDTH; u++) places[u] = static_cast<float>(u);
  for (int r = 0; r < rows; r++, logits += stride) {
    const bool asked = targets[r] >= 0;
    const Norm norm = asked ? norm_of(logits, vectors) : Norm{0, 0};
    losses[r] = asked ? static_cast<double>(norm.log_total) + (static_cast<double>(norm.most) - logits[targets[r]]) : 0;
    if (log_probs) log_probs[r] = asked ? logits[targets[r]] - norm.log_sum() : __builtin_nanf("");
    if (ranks) ranks[r] = 0;
    if (best) best[r] = -1;
    if (!asked || !(ranks || best)) continue;
    const Vector log_sum = all(norm.log_sum()), own = all(logits[targets[r]]) - log_sum;
    const Vector peak = all(norm.most) - log_sum;
    Vector above = all(0.f), first = all(FAR);
    for (int v = 0; v < vectors; v++) {
      const Vector log_prob = load(logits + v * WIDTH) - log_sum;
      const Vector place = load(places) + all(static_cast<float>(v * WIDTH));
      above = above + positive(log_prob - own);
      first = at_most(first, fma(positive(peak - log_prob), all(FAR), place));
    }
    if (ranks) ranks[r] = 1 + static_cast<int32_t>(sum(above));
    if (best) best[r] = static_cast<int32_t>(-largest(all(0.f) - first));
  }
}

inline void scale_kept(float* sums, int64_t stride, int rows, int count, const uint8_t* kept, int64_t kept_stride,
                       float scale) {
  for (int r = 0; r < rows; r++, sums += stride, kept += kept_stride) {
    for (int u = 0; u < count; u++) sums[u] = kept[u] ? sums[u] * scale : 0.f;
  }
}

// Calls f with every vector's place and how many of its numbers exist.
template <class F>
RNNSCOPE_INLINE void vector_by_vector(int64_t count, F f) {
  int64_t at = 0;
  for (; at + WIDTH <= count; at += WIDTH) f(at, WIDTH);
  if (at < count) f(at, static_cast<int>(count - at));
}
RNNSCOPE_INLINE Vector load_some(const float* p, int count) { return count == WIDTH ? load(p) : load_first(p, count); }
RNNSCOPE_INLINE void store_some(float* p, Vector a, int count) {
  if (count == WIDTH)
    store(p, a);
  else
    store_first(p, a, count);
}

inline double square_sum(const float* values, int64_t count) {
  constexpr int SOME = 16;  // independent sums, which the compiler puts into vectors
  double sums[SOME] = {};
  int64_t at = 0;
  for (; at + SOME <= count; at += SOME) {
    for (int i = 0; i < SOME; i++) sums[i] += static_cast<double>(values[at + i]) * static_cast<double>(values[at + i]);
  }
  double total = 0;
  for (; at < count; at++) total += static_cast<double>(values[at]) * static_cast<double>(values[at]);
  for (int i = 0; i < SOME; i++) total += sums[i];
  return total;
}

RNNSCOPE_INLINE Vector clipped(Vector gradient, float scale, float limit) {
  const Vector scaled_gradient = gradient * all(scale);
  return limit > 0 ? at_least(at_most(scaled_gradient, all(limit)), all(-limit)) : scaled_gradient;
}

inline void rmsprop(float* weights, const float* gradients, float* mean_squares, int64_t count, float rate,
                    double decay, float epsilon, float scale, float limit) {
  const Vector old = all(static_cast<float>(decay)), fresh = all(static_cast<float>(1 - decay));
  vector_by_vector(count, [&](int64_t i, int some) {
    const Vector g = clipped(load_some(gradients + i, some), scale, limit);
    const Vector m = fma(old, load_some(mean_squares + i, some), fresh * g * g);
    store_some(mean_squares + i, m, some);
    store_some(weights + i, load_some(weights + i, some) - all(rate) * g / (square_root(m) + all(epsilon)), some);
  });
}

inline void adam(float* weights, const float* gradients, float* means, float* mean_squares, int64_t count, float rate,
                 double first_decay, double second_decay, float epsilon, float scale, float limit,
                 float first_correction, float second_correction) {
  const Vector old_mean = all(static_cast<float>(first_decay)), fresh = all(static_cast<float>(1 - first_decay));
  const Vector old_square = all(static_cast<float>(second_decay));
  const Vector fresh_square = all(static_cast<float>(1 - second_decay));
  const Vector root = all(__builtin_sqrtf(second_correction));
  vector_by_vector(count, [&](int64_t i, int some) {
    const Vector g = clipped(load_some(gradients + i, some), scale, limit);
    const Vector m = fma(old_mean, load_some(means + i, some), fresh * g);
    const Vector s = fma(old_square, load_some(mean_squares + i, some), fresh_square * g * g);
    store_some(means + i, m, some);
    store_some(mean_squares + i, s, some);
    const Vector step = all(rate / first_correction) * m / (square_root(s) / root + all(epsilon));
    store_some(weights + i, load_some(weights + i, some) - step, some);
  });
}

}  // namespace rnnscope::RNNSCOPE_PATH

#endif
