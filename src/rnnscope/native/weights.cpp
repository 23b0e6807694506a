// Weights in the form that products read.
#include <algorithm>
#include <cstring>

#include "network.h"

namespace rnnscope {
namespace {

constexpr float IMPOSSIBLE = -1e30f;  // the logit of padding

}  // namespace

void Network::load(const float* const* parameters) {
  const int H = shape_.hidden, V = shape_.vocabulary, W = width_, each = parameters_of_layer();
  threads_->run([&](int thread) {
    auto mine = [&, item = 0]() mutable { return item++ % threads_->count() == thread; };
    for (int l = 0; l < shape_.layers; l++) {
      Layer& layer = layers_[static_cast<size_t>(l)];
      const float* const* weights = parameters + l * each;
      for (int p = 0; p < cell_.phases; p++) {
        const Phase& phase = cell_.phase[p];
        const int side_by_side = slabs_in_panel(phase);
        for (int s = 0; s < slabs_; s++) {
          if (!mine()) continue;
          const int units = std::min(W, H - s * W), panel = s / side_by_side, place = s % side_by_side;
          for (int i = 0; i < phase.terms; i++) {
            const Term& term = phase.term[i];
            const bool symbols = term.source == Source::input && l == 0;
            const int size = symbols ? V : H;
            const int vectors = std::min(side_by_side, slabs_ - panel * side_by_side) * term.count;
            const int64_t length = symbols ? table_rows() : words(H);
            float* out = layer.packed[p][i].forward + panel * length * side_by_side * term.count * W;
            if (symbols) out += vectors * W;  // row 0 stays zero: no symbol
            if (cell_.window) {
              // All of a panel at once, which is how the rows of these weights lie.
              const int count = std::min(side_by_side * W, H - s * W);
              for (int k = 0; k < shape_.window && place == 0; k++, out += (int64_t{V} + 1) * vectors * W) {
                kernels_.stored[0].pack_rows(out, vectors, weights[term.weight] + int64_t{k} * V * H + s * W, V, count,
                                             H);
              }
              continue;
            }
            for (int j = 0; j < term.count; j++) {
              const float* block = weights[term.weight] + (static_cast<int64_t>(term.blocks[j]) * H + s * W) * size;
              (symbols ? kernels_.stored[0] : stored_)
                  .pack_columns(out, vectors, place * term.count + j, block, units, size, size);
            }
          }
          for (int c = 0; c < phase.columns; c++) {
            float* out = layer.bias[p] + (static_cast<int64_t>(s) * phase.columns + c) * W;
            for (int u = 0; u < units; u++) {
              const int unit = s * W + u, ih = phase.bias_ih[c], hh = phase.bias_hh[c];
              out[u] =
                  (ih < 0 ? 0 : weights[bias_ih()][ih * H + unit]) + (hh < 0 ? 0 : weights[BIAS_HH][hh * H + unit]);
            }
          }
        }
        if (!shape_.gradients) continue;
        for (int n = 0; n < back_panels_; n++) {
          if (!mine()) continue;
          const int vectors = std::min(PANEL_VECTORS, slabs_ - n * PANEL_VECTORS);
          const int count = std::min(vectors * W, H - n * PANEL_VECTORS * W);
          for (int i = 0; i < phase.terms; i++) {
            const Term& term = phase.term[i];
            if (term.source == Source::input && l == 0) continue;
            for (int j = 0; j < term.count; j++) {
              const float* block = weights[term.weight] + static_cast<int64_t>(term.blocks[j]) * H * H;
              stored_.pack_rows(layer.packed[p][i].back[j] + static_cast<int64_t>(n) * words(H) * PANEL_VECTORS * W,
                                vectors, block + n * PANEL_VECTORS * W, H, count, H);
            }
          }
        }
      }
      for (int i = 0; i < cell_.diagonals && thread == 0; i++) {
        std::memcpy(layer.diagonals[i], weights[FURTHER + i], sizeof(float) * static_cast<size_t>(H));
      }
    }
    const float *weight = parameters[shape_.layers * each], *bias = parameters[shape_.layers * each + 1];
    for (int v = 0; v < output_vectors_; v++) {
      if (!mine()) continue;
      const int panel = v / PANEL_VECTORS, vectors = std::min(PANEL_VECTORS, output_vectors_ - panel * PANEL_VECTORS);
      stored_.pack_columns(output_.forward + static_cast<int64_t>(panel) * words(H) * PANEL_VECTORS * W, vectors,
                           v % PANEL_VECTORS, weight + static_cast<int64_t>(v) * W * H, std::min(W, V - v * W), H, H);
      for (int u = v * W; u < (v + 1) * W; u++) output_bias_[u] = u < V ? bias[u] : IMPOSSIBLE;
    }
    for (int n = 0; n < back_panels_ && shape_.gradients; n++) {
      if (!mine()) continue;
      const int vectors = std::min(PANEL_VECTORS, slabs_ - n * PANEL_VECTORS);
      stored_.pack_rows(output_.back[0] + static_cast<int64_t>(n) * words(V) * PANEL_VECTORS * W, vectors,
                        weight + n * PANEL_VECTORS * W, V, std::min(vectors * W, H - n * PANEL_VECTORS * W), H);
    }
  });
}

}  // namespace rnnscope
