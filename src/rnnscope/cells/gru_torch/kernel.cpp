// The gated recurrent unit with the reset gate after the product, on vectors: README.md has the equations and the way
// back.
#include "pointwise.h"

namespace rnnscope::RNNSCOPE_PATH {
namespace {

// Columns of the sums, and planes. The two halves of n are summed apart, because r multiplies one of them: NX is what
// the input brings, NH what h brings. Planes: n, r, z, and NH before the reset; then the cotangents of the four sums.
enum { NX, R, Z, NH };

template <class S>
void forward(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector r = sigmoid(at.sum(R)), z = sigmoid(at.sum(Z)), hidden = at.sum(NH);
    const Vector n = tanh(fma(r, hidden, at.sum(NX)));
    const Vector h = fma(z, at.memory_before() - n, n);
    at.memory(h);
    at.h(h);
    at.plane(NX, n), at.plane(R, r), at.plane(Z, z), at.plane(NH, hidden);
  });
}

template <class S>
void backward(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector one = all(1.f), dh = at.cotangent() + at.carry();
    const Vector n = at.plane(NX), r = at.plane(R), z = at.plane(Z), hidden = at.plane(NH);
    const Vector dn = dh * (one - z) * (one - n * n);
    at.plane(NX, dn);
    at.plane(R, dn * hidden * r * (one - r));
    at.plane(Z, dh * (at.memory_before() - n) * z * (one - z));
    at.plane(NH, dn * r);
    at.carry(dh * z);
  });
}

}  // namespace

constinit const Cell gru_torch = {
    .name = "gru-torch",
    .variant = "",
    .blocks = 3,
    .gates = 3,
    .gate_planes = {R, Z, NX},
    .planes = 4,
    .h_is_memory = true,
    .phases = 1,
    .phase = {{.columns = 4,
               .planes = {NX, R, Z, NH},
               .bias_ih = {2, 0, 1, -1},
               .bias_hh = {-1, 0, 1, 2},
               .terms = 2,
               .term = {{Source::input, WEIGHT_IH, NX, 3, {2, 0, 1}}, {Source::hidden, WEIGHT_HH, R, 3, {0, 1, 2}}},
               .forward = RNNSCOPE_BOTH(forward)}},
    .backward = {RNNSCOPE_BOTH(backward)},
};

}  // namespace rnnscope::RNNSCOPE_PATH
