// The simple recurrent network on vectors: README.md has the equation and the way back. Without the recurrence it is
// the window network of model/window_mlp.py.
#include "pointwise.h"

namespace rnnscope::RNNSCOPE_PATH {
namespace {

// A nonlinearity, and its slope told from its value.
struct Tanh {
  static Vector value(Vector x) { return tanh(x); }
  static Vector slope(Vector y) { return all(1.f) - y * y; }
};
struct Relu {
  static Vector value(Vector x) { return at_least(x, all(0.f)); }
  static Vector slope(Vector y) { return positive(y); }
};
struct Sigmoid {
  static Vector value(Vector x) { return sigmoid(x); }
  static Vector slope(Vector y) { return y * (all(1.f) - y); }
};

template <class S, class Activation>
void forward(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) { at.h(Activation::value(at.sum(0))); });
}

template <class S, class Activation>
void backward(const Block& block) {
  everywhere<S>(block, [](const Place<S>& at) { at.plane(0, at.cotangent() * Activation::slope(at.h())); });
}

template <class Activation>
constexpr Cell rnn(const char* variant) {
  return {
      .name = "rnn",
      .variant = variant,
      .blocks = 1,
      .planes = 1,
      .phases = 1,
      .phase = {{.columns = 1,
                 .planes = {0},
                 .bias_ih = {0},
                 .bias_hh = {0},
                 .terms = 2,
                 .term = {{Source::input, WEIGHT_IH, 0, 1, {0}}, {Source::hidden, WEIGHT_HH, 0, 1, {0}}},
                 .forward = RNNSCOPE_BOTH(forward, Activation)}},
      .backward = {RNNSCOPE_BOTH(backward, Activation)},
  };
}

}  // namespace

constinit const Cell window = {
    .name = "window",
    .variant = "",
    .window = true,
    .blocks = 1,
    .planes = 1,
    .phases = 1,
    .phase = {{.columns = 1,
               .planes = {0},
               .bias_ih = {0},
               .bias_hh = {-1},
               .terms = 1,
               .term = {{Source::input, WEIGHT_IH, 0, 1, {0}}},
               .forward = RNNSCOPE_BOTH(forward, Tanh)}},
    .backward = {RNNSCOPE_BOTH(backward, Tanh)},
};

constinit const Cell rnn_tanh = rnn<Tanh>("tanh"), rnn_relu = rnn<Relu>("relu"), rnn_sigmoid = rnn<Sigmoid>("sigmoid");

}  // namespace rnnscope::RNNSCOPE_PATH
