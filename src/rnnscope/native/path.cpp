// One path's kernels, in the form in which the network calls them.
#include "pointwise.h"
#include "products.h"
#include "rows.h"

#define RNNSCOPE_NAME_(path) #path
#define RNNSCOPE_NAME(path) RNNSCOPE_NAME_(path)
#define RNNSCOPE_TABLE_(path) kernels_##path
#define RNNSCOPE_TABLE(path) RNNSCOPE_TABLE_(path)

namespace rnnscope {
namespace RNNSCOPE_PATH {
namespace {

constexpr const Cell* cells[] = {&rnn_tanh,     &rnn_relu, &rnn_sigmoid, &lstm,   &lstm_peephole, &lstm_peephole_full,
                                 &lstm_coupled, &gru,      &gru_torch,   &window, nullptr};

template <class S>
constexpr StoredKernels stored() {
  return {product<S>,     pack_columns<S>, pack_rows<S>, gradient<S>,     scatter<S>,
          column_sums<S>, read<S>,         write<S>,     cross_entropy<S>};
}

void log_softmax_rows(float* logits, int64_t stride, int rows, int vocabulary) {
  log_softmax(logits, stride, rows, vocabulary);
}

}  // namespace
}  // namespace RNNSCOPE_PATH

using namespace RNNSCOPE_PATH;

constinit const Kernels RNNSCOPE_TABLE(RNNSCOPE_PATH) = {
    .name = RNNSCOPE_NAME(RNNSCOPE_PATH),
    .width = WIDTH,
    .cells = cells,
#if defined(__AVX512BF16__)
    .stored = {stored<float>(), stored<bfloat16>()},
#else
    .stored = {stored<float>(), {}},
#endif
    .start = start,
    .log_softmax = log_softmax_rows,
    .score = score,
    .scale = scale_kept,
    .square_sum = square_sum,
    .rmsprop = rmsprop,
    .adam = adam,
};

}  // namespace rnnscope
