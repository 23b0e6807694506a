// Long short-term memory on vectors: README.md has the equations and the way back.
#include "pointwise.h"

namespace rnnscope::RNNSCOPE_PATH {
namespace {

enum { I, F, G, O };  // columns of the sums, and planes: gates, then their cotangents before the nonlinearity

template <class S>
void forward(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector i = sigmoid(at.sum(I)), f = sigmoid(at.sum(F)), g = tanh(at.sum(G)), o = sigmoid(at.sum(O));
    const Vector c = fma(f, at.memory_before(), i * g);
    at.memory(c);
    at.h(o * tanh(c));
    at.plane(I, i), at.plane(F, f), at.plane(G, g), at.plane(O, o);
  });
}

template <class S>
void backward(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector one = all(1.f), dh = at.cotangent();
    const Vector i = at.plane(I), f = at.plane(F), g = at.plane(G), o = at.plane(O);
    const Vector tanh_c = tanh(at.memory());
    const Vector dc = fma(dh * o, one - tanh_c * tanh_c, at.carry());
    at.plane(I, dc * g * i * (one - i));
    at.plane(F, dc * at.memory_before() * f * (one - f));
    at.plane(G, dc * i * (one - g * g));
    at.plane(O, dh * tanh_c * o * (one - o));
    at.carry(dc * f);
  });
}

}  // namespace

constinit const Cell lstm = {
    .name = "lstm",
    .variant = "",
    .blocks = 4,
    .gates = 4,
    .gate_planes = {I, F, G, O},
    .planes = 4,
    .memory_is_state = true,
    .phases = 1,
    .phase = {{.columns = 4,
               .planes = {I, F, G, O},
               .bias_ih = {0, 1, 2, 3},
               .bias_hh = {0, 1, 2, 3},
               .terms = 2,
               .term = {{Source::input, WEIGHT_IH, I, 4, {0, 1, 2, 3}},
                        {Source::hidden, WEIGHT_HH, I, 4, {0, 1, 2, 3}}},
               .forward = RNNSCOPE_BOTH(forward)}},
    .backward = {RNNSCOPE_BOTH(backward)},
};

}  // namespace rnnscope::RNNSCOPE_PATH
