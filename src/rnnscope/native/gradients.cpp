// Gradients of the weights, from the cotangents that the way back has left in the planes. Each thread computes some
// rows of every gradient over all steps and lanes, so nothing is added up across threads.
#include <algorithm>

#include "network.h"

namespace rnnscope {

void Network::gradients(const rnnscope_chunk& chunk, int thread) {
  const int H = shape_.hidden, V = shape_.vocabulary, each = parameters_of_layer();
  const int64_t rows = int64_t{steps_} * lanes_;
  for (int l = 0; l < shape_.layers; l++) {
    Layer& here = layers_[static_cast<size_t>(l)];
    float* const* out = chunk.gradients + l * each;
    // Terms with the same source share its rows.
    for (const Source source : {Source::input, Source::hidden, Source::extra_before, Source::extra}) {
      std::vector<Part> parts;
      for (int p = 0; p < cell_.phases; p++) {
        const Phase& phase = cell_.phase[p];
        for (int i = 0; i < phase.terms; i++) {
          const Term& term = phase.term[i];
          if (term.source != source) continue;
          if (source == Source::input && l == 0) {
            symbol_gradient(chunk, term, phase, thread);
            continue;
          }
          for (int j = 0; j < term.count; j++) {
            parts.push_back(
                {here.planes[phase.planes[term.first + j]], out[term.weight] + int64_t{term.blocks[j]} * H * H, 0, H});
          }
        }
      }
      if (parts.empty()) continue;
      const char* b = source == Source::input          ? entering(l, 0)
                      : source == Source::hidden       ? here.h
                      : source == Source::extra_before ? here.extra
                                                       : at(here.extra, lanes_, 0);
      matrix_gradient(parts, H, H, stride_, b, H, rows, thread);
    }
    vector_gradients(chunk, l, thread);
  }
  float* const* out = chunk.gradients + shape_.layers * each;
  matrix_gradient({{d_logits_, out[0], 0, V}}, V, H, output_stride_, entering(shape_.layers, 0), H, rows, thread);
  if (thread == threads_->count() - 1) stored_.column_sums(out[1], d_logits_, nullptr, output_stride_, V, rows);
}

// Gradients of matrices whose rows stand in `parts`, `units` of each; this thread's share of all their rows.
void Network::matrix_gradient(const std::vector<Part>& parts, int units, int64_t out_stride, int64_t a_stride,
                              const char* b, int columns, int64_t rows, int thread) {
  const int64_t all = static_cast<int64_t>(parts.size()) * units;
  const int64_t first = all * thread / threads_->count(), last = all * (thread + 1) / threads_->count();
  std::vector<Part> mine;
  for (size_t i = 0; i < parts.size(); i++) {
    const int64_t start = static_cast<int64_t>(i) * units;
    const int64_t from = std::max(first, start) - start, to = std::min(last, start + units) - start;
    if (from < to) mine.push_back({parts[i].a, parts[i].out, static_cast<int>(from), static_cast<int>(to - from)});
  }
  stored_.gradient(mine.data(), static_cast<int>(mine.size()), out_stride, a_stride, b, stride_, columns, rows,
                   scratch_[static_cast<size_t>(thread)].gradient);
}

// The gradient of weights on symbols, a few units at a time: cotangents are added up by the symbol that entered, for
// each place of the window. The sums over all symbols of the newest place are the gradient of the biases.
void Network::symbol_gradient(const rnnscope_chunk& chunk, const Term& term, const Phase& phase, int thread) {
  // Few vectors at a time where there would be too little for all threads; it changes no sum.
  const int side_by_side = term.count * slabs_ >= 16 ? 4 : 2;
  const int H = shape_.hidden, V = shape_.vocabulary, W = width_;
  const int64_t rows = int64_t{steps_} * lanes_;
  float* table = scratch_[static_cast<size_t>(thread)].table;
  int item = 0;
  for (int j = 0; j < term.count; j++) {
    const int column = term.first + j;
    float* out = chunk.gradients[term.weight] + int64_t{term.blocks[j]} * H * V;
    for (int unit = 0; unit < H; unit += side_by_side * W) {
      if (item++ % threads_->count() != thread) continue;
      const int vectors = std::min(side_by_side, slabs_ - unit / W), units = std::min(vectors * W, H - unit);
      stored_.scatter(table, vectors, V, at(layers_[0].planes[phase.planes[term.first + j]], 0, unit), stride_,
                      chunk.ids, shape_.window, ids_stride(), rows);
      for (int u = 0; u < units; u++) {
        float total = table[u];
        for (int v = 0; v < V; v++) total += table[(v + 1) * vectors * W + u];
        if (phase.bias_ih[column] >= 0) chunk.gradients[bias_ih()][phase.bias_ih[column] * H + unit + u] = total;
        if (phase.bias_hh[column] >= 0) chunk.gradients[BIAS_HH][phase.bias_hh[column] * H + unit + u] = total;
      }
      if (cell_.window) {
        for (int k = 0; k < shape_.window; k++) {
          for (int v = 0; v < V; v++) {
            const float* sums = table + (k * (int64_t{V} + 1) + v + 1) * vectors * W;
            std::copy(sums, sums + units, out + (int64_t{k} * V + v) * H + unit);
          }
        }
      } else {
        for (int u = 0; u < units; u++) {
          for (int v = 0; v < V; v++) out[int64_t{unit + u} * V + v] = table[(v + 1) * vectors * W + u];
        }
      }
    }
  }
}

// Whether symbols of the lowest layer enter a column, so that symbol_gradient has its biases.
bool Network::reads_symbols(const Phase& phase, int column) {
  return std::any_of(phase.term, phase.term + phase.terms, [&](const Term& term) {
    return term.source == Source::input && term.first <= column && column < term.first + term.count;
  });
}

// Biases and diagonal peepholes; one thread computes all of one column.
void Network::vector_gradients(const rnnscope_chunk& chunk, int layer, int thread) {
  Layer& here = layers_[static_cast<size_t>(layer)];
  const int H = shape_.hidden;
  const int64_t rows = int64_t{steps_} * lanes_;
  float* const* out = chunk.gradients + layer * parameters_of_layer();
  float* sums = scratch_[static_cast<size_t>(thread)].sums;
  int item = 0;
  for (int p = 0; p < cell_.phases; p++) {
    const Phase& phase = cell_.phase[p];
    for (int c = 0; c < phase.columns; c++) {
      if (item++ % threads_->count() != thread || (layer == 0 && reads_symbols(phase, c))) continue;
      stored_.column_sums(sums, here.planes[phase.planes[c]], nullptr, stride_, H, rows);
      if (phase.bias_ih[c] >= 0) std::copy(sums, sums + H, out[BIAS_IH] + phase.bias_ih[c] * H);
      if (phase.bias_hh[c] >= 0) std::copy(sums, sums + H, out[BIAS_HH] + phase.bias_hh[c] * H);
    }
  }
  for (int i = 0; i < cell_.diagonals; i++) {
    if (item++ % threads_->count() != thread) continue;
    const float* memory = here.memory + (cell_.diagonal[i].before ? 0 : lanes_ * stride_);
    stored_.column_sums(out[FURTHER + i], here.planes[cell_.diagonal[i].plane], memory, stride_, H, rows);
  }
}

}  // namespace rnnscope
