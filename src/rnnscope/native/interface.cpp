// The plain C interface of network.h, and the choice of a path.
#include <cmath>
#include <cstring>
#include <new>
#include <system_error>

#include "network.h"
#include "processor.h"

using rnnscope::Cell;
using rnnscope::Kernels;
using rnnscope::Network;

struct rnnscope_network {
  Network network;
};

namespace {

// In the order of the paths' numbers; null where the library was compiled without one.
const Kernels* const PATHS[] = {
    &rnnscope::kernels_portable,
#if defined(RNNSCOPE_X86_PATHS)
    &rnnscope::kernels_avx2,
    &rnnscope::kernels_avx512,
    &rnnscope::kernels_avx512bf16,
#endif
};

const Kernels& kernels(int path) { return *PATHS[path]; }

const Cell* find(const Kernels& kernels, const char* cell, const char* variant) {
  for (const Cell* const* known = kernels.cells; *known; known++) {
    if (!std::strcmp((*known)->name, cell) && !std::strcmp((*known)->variant, variant)) return *known;
  }
  return nullptr;
}

bool usable(int path) { return path >= 0 && path < 4 && ((rnnscope_paths() >> path) & 1); }

}  // namespace

int rnnscope_paths(void) {
  int paths = 1;
#if defined(RNNSCOPE_X86_PATHS)
  const rnnscope::Features has = rnnscope::features();
  const bool avx512 = has.avx512f && has.avx512dq && has.avx512bw && has.avx512vl && has.fma;
  if (has.avx2 && has.fma) paths |= 2;
  if (avx512) paths |= 4;
  if (avx512 && has.avx512_bf16) paths |= 8;
#endif
  return paths;
}

rnnscope_network* rnnscope_create(const char* cell, const char* variant, int layers, int hidden, int vocabulary,
                                  int window, int steps, int lanes, int threads, int path, int bfloat16,
                                  int gradients) {
  if (!usable(path)) return nullptr;
  const Cell* known = find(kernels(path), cell, variant);
  if (!known || (bfloat16 && !kernels(path).stored[1].product)) return nullptr;
  if (known->window ? layers != 1 : window != 1) return nullptr;
  const rnnscope::Shape shape{layers, hidden, vocabulary, window, steps, lanes, bfloat16 != 0, gradients != 0};
  try {
    return new rnnscope_network{Network(kernels(path), *known, shape, threads)};
  } catch (const std::bad_alloc&) {
    return nullptr;
  } catch (const std::system_error&) {
    return nullptr;
  }
}

void rnnscope_destroy(rnnscope_network* network) { delete network; }

int64_t rnnscope_bytes(const char* cell, const char* variant, int layers, int hidden, int vocabulary, int window,
                       int steps, int lanes, int path, int bfloat16, int gradients) {
  if (!usable(path)) return 0;
  const Cell* known = find(kernels(path), cell, variant);
  if (!known) return 0;
  return Network::bytes(kernels(path), *known,
                        {layers, hidden, vocabulary, window, steps, lanes, bfloat16 != 0, gradients != 0});
}

void rnnscope_load(rnnscope_network* network, const float* const* parameters) { network->network.load(parameters); }

int rnnscope_run(rnnscope_network* network, rnnscope_chunk* chunk) {
  try {
    network->network.run(*chunk);
  } catch (const std::bad_alloc&) {
    return 1;
  }
  return 0;
}

int rnnscope_sample(rnnscope_network* network, float* const* states, int lanes, int length, const double* uniforms,
                    double temperature, int symbols, int64_t* ids) {
  return network->network.sample(states, lanes, length, uniforms, temperature, symbols, ids) ? 0 : 1;
}

double rnnscope_square_sum(const float* const* values, const int64_t* counts, int arrays, int path) {
  double total = 0;
  for (int i = 0; i < arrays; i++) total += kernels(path).square_sum(values[i], counts[i]);
  return total;
}

void rnnscope_rmsprop(float* const* weights, const float* const* gradients, float* const* mean_squares,
                      const int64_t* counts, int arrays, float rate, double decay, float epsilon, float scale,
                      float limit, int path) {
  for (int i = 0; i < arrays; i++) {
    kernels(path).rmsprop(weights[i], gradients[i], mean_squares[i], counts[i], rate, decay, epsilon, scale, limit);
  }
}

void rnnscope_adam(float* const* weights, const float* const* gradients, float* const* means,
                   float* const* mean_squares, const int64_t* counts, int arrays, float rate, double first_decay,
                   double second_decay, float epsilon, float scale, float limit, int64_t updates, int path) {
  const float first = static_cast<float>(1 - std::pow(first_decay, updates));
  const float second = static_cast<float>(1 - std::pow(second_decay, updates));
  for (int i = 0; i < arrays; i++) {
    kernels(path).adam(weights[i], gradients[i], means[i], mean_squares[i], counts[i], rate, first_decay, second_decay,
                       epsilon, scale, limit, first, second);
  }
}
