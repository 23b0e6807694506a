// What a cell's kernel.cpp is written with: one step of some rows and units, equation by equation, a vector at a time.
//
// S is how planes are stored, float or bfloat16; what is computed is float32 either way.
#ifndef RNNSCOPE_POINTWISE_H
#define RNNSCOPE_POINTWISE_H

#include "vector.h"

namespace rnnscope::RNNSCOPE_PATH {

// One vector of units in one row of a block.
template <class S>
struct Place {
  const Block& block;
  const float* sums;
  int unit;    // of the block
  int64_t at;  // in planes

  Vector sum(int column) const { return load(sums + column * WIDTH); }
  Vector cotangent() const { return load(sums); }  // of h in stage 0 of the way back, of `extra` in stage 1

  Vector plane(int i) const { return load(static_cast<const S*>(block.planes[i]) + at); }
  void plane(int i, Vector value) const { store(static_cast<S*>(block.planes[i]) + at, value); }

  Vector h() const { return load(static_cast<const S*>(block.h) + at); }
  void h(Vector value) const { store(static_cast<S*>(block.h) + at, value); }
  void extra(Vector value) const { store(static_cast<S*>(block.extra) + at, value); }

  Vector memory_before() const { return load(block.memory_before + at); }
  Vector memory() const { return load(block.memory + at); }
  void memory(Vector value) const { store(block.memory + at, value); }

  Vector carry() const { return load(block.carry + at); }
  void carry(Vector value) const { store(block.carry + at, value); }

  Vector diagonal(int i) const { return load(block.diagonals[i] + unit); }
};

template <class S, class F>
RNNSCOPE_INLINE void everywhere(const Block& block, F f) {
  const int64_t distance = block.columns * WIDTH;
  for (int r = 0; r < block.rows; r++) {
    for (int s = 0; s < block.slabs; s++) {
      f(Place<S>{block, block.sums + r * block.sums_stride + s * distance, s * WIDTH, r * block.stride + s * WIDTH});
    }
  }
}

// A function for both kinds of planes; the second is null on paths without bfloat16.
#if defined(__AVX512BF16__)
#define RNNSCOPE_BOTH(function, ...) \
  { function<float __VA_OPT__(, ) __VA_ARGS__>, function<bfloat16 __VA_OPT__(, ) __VA_ARGS__> }
#else
#define RNNSCOPE_BOTH(function, ...) \
  { function<float __VA_OPT__(, ) __VA_ARGS__>, nullptr }
#endif

// Every cell's description; constant-initialised, since nothing of a path may run before the processor has been asked.
extern const Cell rnn_tanh, rnn_relu, rnn_sigmoid, lstm, lstm_peephole, lstm_peephole_full, lstm_coupled, gru,
    gru_torch, window;

}  // namespace rnnscope::RNNSCOPE_PATH

#endif
