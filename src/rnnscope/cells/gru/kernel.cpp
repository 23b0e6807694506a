// The gated recurrent unit with the reset gate before the product, on vectors: README.md has the equations and the way
// back. The product needs r of all units at once, so a step has two phases: r and z, then n of r * h'.
#include "pointwise.h"

namespace rnnscope::RNNSCOPE_PATH {
namespace {

enum { R, Z, N };  // planes: gates, then their cotangents before the nonlinearity

template <class S>
void reset(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector r = sigmoid(at.sum(0)), z = sigmoid(at.sum(1));
    at.extra(r * at.memory_before());
    at.plane(R, r), at.plane(Z, z);
  });
}

template <class S>
void renew(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector n = tanh(at.sum(0));
    const Vector h = fma(at.plane(Z), n - at.memory_before(), at.memory_before());
    at.memory(h);
    at.h(h);
    at.plane(N, n);
  });
}

template <class S>
void renew_back(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector one = all(1.f), dh = at.cotangent() + at.carry();
    const Vector z = at.plane(Z), n = at.plane(N);
    at.plane(N, dh * z * (one - n * n));
    at.plane(Z, dh * (n - at.memory_before()) * z * (one - z));
    at.carry(dh * (one - z));
  });
}

template <class S>
void reset_back(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector r = at.plane(R), d_reset = at.cotangent();
    at.plane(R, d_reset * at.memory_before() * r * (all(1.f) - r));
    at.carry(fma(d_reset, r, at.carry()));
  });
}

}  // namespace

constinit const Cell gru = {
    .name = "gru",
    .variant = "",
    .blocks = 3,
    .gates = 3,
    .gate_planes = {R, Z, N},
    .planes = 3,
    .h_is_memory = true,
    .has_extra = true,
    .phases = 2,
    .phase = {{.columns = 2,
               .planes = {R, Z},
               .bias_ih = {0, 1},
               .bias_hh = {0, 1},
               .terms = 2,
               .term = {{Source::input, WEIGHT_IH, 0, 2, {0, 1}}, {Source::hidden, WEIGHT_HH, 0, 2, {0, 1}}},
               .forward = RNNSCOPE_BOTH(reset)},
              {.columns = 1,
               .planes = {N},
               .bias_ih = {2},
               .bias_hh = {2},
               .terms = 2,
               .term = {{Source::input, WEIGHT_IH, 0, 1, {2}}, {Source::extra, WEIGHT_HH, 0, 1, {2}}},
               .forward = RNNSCOPE_BOTH(renew)}},
    .backward = {RNNSCOPE_BOTH(renew_back), RNNSCOPE_BOTH(reset_back)},
};

}  // namespace rnnscope::RNNSCOPE_PATH
