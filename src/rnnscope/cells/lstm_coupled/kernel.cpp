// The LSTM whose input gate is 1 - f, on vectors: README.md has the equations and the way back.
#include "pointwise.h"

namespace rnnscope::RNNSCOPE_PATH {
namespace {

enum { F, G, O };  // columns of the sums, and planes: gates, then their cotangents before the nonlinearity

template <class S>
void forward(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector f = sigmoid(at.sum(F)), g = tanh(at.sum(G)), o = sigmoid(at.sum(O));
    const Vector c = fma(f, at.memory_before() - g, g);
    at.memory(c);
    at.h(o * tanh(c));
    at.plane(F, f), at.plane(G, g), at.plane(O, o);
  });
}

template <class S>
void backward(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector one = all(1.f), dh = at.cotangent();
    const Vector f = at.plane(F), g = at.plane(G), o = at.plane(O);
    const Vector tanh_c = tanh(at.memory());
    const Vector dc = fma(dh * o, one - tanh_c * tanh_c, at.carry());
    at.plane(F, dc * (at.memory_before() - g) * f * (one - f));
    at.plane(G, dc * (one - f) * (one - g * g));
    at.plane(O, dh * tanh_c * o * (one - o));
    at.carry(dc * f);
  });
}

}  // namespace

constinit const Cell lstm_coupled = {
    .name = "lstm-coupled",
    .variant = "",
    .blocks = 3,
    .gates = 3,
    .gate_planes = {F, G, O},
    .planes = 3,
    .memory_is_state = true,
    .phases = 1,
    .phase = {{.columns = 3,
               .planes = {F, G, O},
               .bias_ih = {0, 1, 2},
               .bias_hh = {0, 1, 2},
               .terms = 2,
               .term = {{Source::input, WEIGHT_IH, F, 3, {0, 1, 2}}, {Source::hidden, WEIGHT_HH, F, 3, {0, 1, 2}}},
               .forward = RNNSCOPE_BOTH(forward)}},
    .backward = {RNNSCOPE_BOTH(backward)},
};

}  // namespace rnnscope::RNNSCOPE_PATH
