// The LSTM whose gates see the memory, on vectors: README.md has the equations and the way back.
//
// With vectors as weights each unit sees only itself and a step is one phase. With matrices o must wait for c of all
// units, so a step has two phases, and on the way back what o, i and f bring to c is a product of its own.
#include "pointwise.h"

namespace rnnscope::RNNSCOPE_PATH {
namespace {

enum { I, F, G, O };  // columns of the sums, and planes: gates, then their cotangents before the nonlinearity

template <class S>
void forward(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector before = at.memory_before();
    const Vector i = sigmoid(fma(at.diagonal(0), before, at.sum(I)));
    const Vector f = sigmoid(fma(at.diagonal(1), before, at.sum(F)));
    const Vector g = tanh(at.sum(G));
    const Vector c = fma(f, before, i * g);
    const Vector o = sigmoid(fma(at.diagonal(2), c, at.sum(O)));
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
    const Vector d_o = dh * tanh_c * o * (one - o);
    const Vector dc = fma(dh * o, one - tanh_c * tanh_c, fma(d_o, at.diagonal(2), at.carry()));
    const Vector d_i = dc * g * i * (one - i), d_f = dc * at.memory_before() * f * (one - f);
    at.plane(I, d_i);
    at.plane(F, d_f);
    at.plane(G, dc * i * (one - g * g));
    at.plane(O, d_o);
    at.carry(fma(dc, f, fma(d_i, at.diagonal(0), d_f * at.diagonal(1))));
  });
}

template <class S>
void remember(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector i = sigmoid(at.sum(I)), f = sigmoid(at.sum(F)), g = tanh(at.sum(G));
    const Vector c = fma(f, at.memory_before(), i * g);
    at.memory(c);
    at.extra(c);
    at.plane(I, i), at.plane(F, f), at.plane(G, g);
  });
}

template <class S>
void put_out(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector o = sigmoid(at.sum(0));
    at.h(o * tanh(at.memory()));
    at.plane(O, o);
  });
}

template <class S>
void put_out_back(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector one = all(1.f), dh = at.cotangent(), o = at.plane(O), tanh_c = tanh(at.memory());
    at.plane(O, dh * tanh_c * o * (one - o));
    at.carry(fma(dh * o, one - tanh_c * tanh_c, at.carry()));
  });
}

template <class S>
void remember_back(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) {
    const Vector one = all(1.f), dc = at.cotangent() + at.carry();
    const Vector i = at.plane(I), f = at.plane(F), g = at.plane(G);
    at.plane(I, dc * g * i * (one - i));
    at.plane(F, dc * at.memory_before() * f * (one - f));
    at.plane(G, dc * i * (one - g * g));
    at.carry(dc * f);
  });
}

}  // namespace

constinit const Cell lstm_peephole = {
    .name = "lstm-peephole",
    .variant = "diagonal",
    .blocks = 4,
    .gates = 4,
    .gate_planes = {I, F, G, O},
    .planes = 4,
    .memory_is_state = true,
    .further = 3,
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
    .diagonals = 3,
    .diagonal = {{I, true}, {F, true}, {O, false}},
};

constinit const Cell lstm_peephole_full = {
    .name = "lstm-peephole",
    .variant = "full",
    .blocks = 4,
    .gates = 4,
    .gate_planes = {I, F, G, O},
    .planes = 4,
    .memory_is_state = true,
    .has_extra = true,
    .extra_is_memory = true,
    .further = 3,
    .phases = 2,
    .phase = {{.columns = 3,
               .planes = {I, F, G},
               .bias_ih = {0, 1, 2},
               .bias_hh = {0, 1, 2},
               .terms = 4,
               .term = {{Source::input, WEIGHT_IH, I, 3, {0, 1, 2}},
                        {Source::hidden, WEIGHT_HH, I, 3, {0, 1, 2}},
                        {Source::extra_before, FURTHER, I, 1, {0}},
                        {Source::extra_before, FURTHER + 1, F, 1, {0}}},
               .forward = RNNSCOPE_BOTH(remember)},
              {.columns = 1,
               .planes = {O},
               .bias_ih = {3},
               .bias_hh = {3},
               .terms = 3,
               .term = {{Source::input, WEIGHT_IH, 0, 1, {3}},
                        {Source::hidden, WEIGHT_HH, 0, 1, {3}},
                        {Source::extra, FURTHER + 2, 0, 1, {0}}},
               .forward = RNNSCOPE_BOTH(put_out)}},
    .backward = {RNNSCOPE_BOTH(put_out_back), RNNSCOPE_BOTH(remember_back)},
};

}  // namespace rnnscope::RNNSCOPE_PATH
