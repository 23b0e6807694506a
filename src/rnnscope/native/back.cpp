// A chunk back through time: cotangents of the pre-activations, step by step from the last one.
#include <algorithm>
#include <cstring>

#include "network.h"

namespace rnnscope {

// What a stage of the layer's own cell brings to step t: stage 0 the cotangent of h from the step after, stage 1 that
// of `extra` from this step and the one after. At t = -1 it is what the entering states get.
int Network::own_segments(Segment* to, int layer, int t, int stage, int panel, int row) {
  Layer& here = layers_[static_cast<size_t>(layer)];
  int count = 0;
  for (int p = 0; p < cell_.phases; p++) {
    const Phase& phase = cell_.phase[p];
    for (int i = 0; i < phase.terms; i++) {
      const Term& term = phase.term[i];
      const bool wanted = stage == 0 ? term.source == Source::hidden
                                     : term.source == Source::extra || term.source == Source::extra_before;
      const int step = term.source == Source::extra ? t : t + 1;
      if (!wanted || step < 0 || step >= steps_) continue;
      for (int j = 0; j < term.count; j++) {
        to[count++] = {at(here.planes[phase.planes[term.first + j]], int64_t{step} * lanes_ + row, 0),
                       stride_ / per_word_,
                       here.packed[p][i].back[j] + int64_t{panel} * words(shape_.hidden) * PANEL_VECTORS * width_,
                       words(shape_.hidden)};
      }
    }
  }
  return count;
}

// What the layer above, or the output, brings to h of step t.
int Network::above_segments(Segment* to, int layer, int t, int panel, int row) {
  const int64_t first = int64_t{t} * lanes_ + row, panel_numbers = int64_t{PANEL_VECTORS} * width_;
  if (layer == shape_.layers - 1) {
    to[0] = {d_logits_ + first * output_stride_ * number_bytes_, output_stride_ / per_word_,
             output_.back[0] + panel * words(shape_.vocabulary) * panel_numbers, words(shape_.vocabulary)};
    return 1;
  }
  Layer& above = layers_[static_cast<size_t>(layer + 1)];
  int count = 0;
  for (int p = 0; p < cell_.phases; p++) {
    const Phase& phase = cell_.phase[p];
    for (int i = 0; i < phase.terms; i++) {
      const Term& term = phase.term[i];
      if (term.source != Source::input) continue;
      for (int j = 0; j < term.count; j++) {
        to[count++] = {at(above.planes[phase.planes[term.first + j]], first, 0), stride_ / per_word_,
                       above.packed[p][i].back[j] + panel * words(shape_.hidden) * panel_numbers, words(shape_.hidden)};
      }
    }
  }
  return count;
}

void Network::back(const rnnscope_chunk& chunk, int thread, Lanes lanes) {
  Scratch& scratch = scratch_[static_cast<size_t>(thread)];
  const int H = shape_.hidden, padded = slabs_ * width_;
  const auto& plain = kernels_.stored[0];
  for (int l = shape_.layers - 1; l >= 0; l--) {
    for (int b = lanes.first; b < lanes.last; b++) {
      const int64_t row = (int64_t{l} * lanes_ + b) * H;
      const float* d_h = chunk.d_states ? chunk.d_states[0] + row : nullptr;
      const float* d_c = chunk.d_states && cell_.memory_is_state ? chunk.d_states[1] + row : nullptr;
      const float* carried = cell_.memory_is_state ? d_c : cell_.h_is_memory ? d_h : nullptr;
      const float* arrived = cell_.h_is_memory ? nullptr : d_h;
      if (carry_) plain.write(carry_ + b * stride_, carried, carried ? H : 0, padded);
      if (d_h_) plain.write(d_h_ + b * stride_, arrived, arrived ? H : 0, padded);
    }
    for (int t = steps_ - 1; t >= 0; t--) {
      for (int panel = 0; panel < back_panels_; panel++) back_panel(chunk, l, t, 0, panel, scratch, lanes);
      for (int panel = 0; panel < back_panels_ && cell_.backward[1][0]; panel++) {
        back_panel(chunk, l, t, 1, panel, scratch, lanes);
      }
    }
    if (chunk.d_states) back_into_states(chunk, l, scratch, lanes);
  }
}

void Network::back_panel(const rnnscope_chunk& chunk, int layer, int t, int stage, int panel, Scratch& scratch,
                         Lanes lanes) {
  const int W = width_, first_slab = panel * PANEL_VECTORS, slabs = std::min(PANEL_VECTORS, slabs_ - first_slab);
  const int64_t stride = int64_t{slabs} * W;
  const int count = lanes.last - lanes.first, blocks = (count + ROW_BLOCK - 1) / ROW_BLOCK;
  const uint8_t* kept = stage == 0 ? layers_[static_cast<size_t>(layer)].kept : nullptr;
  for (int i = 0; i < blocks; i++) {
    const int row = lanes.first + static_cast<int>(int64_t{count} * i / blocks);
    const int rows = lanes.first + static_cast<int>(int64_t{count} * (i + 1) / blocks) - row;
    float* sums = scratch.sums;
    std::memset(sums, 0, sizeof(float) * static_cast<size_t>(rows * stride));
    Segment segments[3 * MOST_COLUMNS];
    int some = stage == 0 ? above_segments(segments, layer, t, panel, row) : 0;
    if (kept) {
      stored_.product(sums, stride, rows, slabs, segments, some);
      const int units = std::min(slabs * W, shape_.hidden - first_slab * W);
      kernels_.scale(sums, stride, rows, units, kept + (int64_t{t} * lanes_ + row) * shape_.hidden + first_slab * W,
                     shape_.hidden, chunk.kept_scale);
      some = 0;
    }
    some += own_segments(segments + some, layer, t, stage, panel, row);
    stored_.product(sums, stride, rows, slabs, segments, some);
    if (stage == 0 && t == steps_ - 1 && chunk.d_states) {
      for (int r = 0; r < rows; r++) {
        const float* arrived = d_h_ + (row + r) * stride_ + first_slab * W;
        for (int64_t u = 0; u < stride; u++) sums[r * stride + u] += arrived[u];
      }
    }
    Block block = this->block(layer, t, row, rows, first_slab, slabs);
    block.sums = sums, block.columns = 1, block.sums_stride = stride;
    cell_.backward[stage][shape_.bfloat16 ? 1 : 0](block);
  }
}

void Network::back_into_states(const rnnscope_chunk& chunk, int layer, Scratch& scratch, Lanes lanes) {
  const int W = width_, H = shape_.hidden;
  for (int b = lanes.first; b < lanes.last; b++) {
    const int64_t row = (int64_t{layer} * lanes_ + b) * H;
    for (int stage = 0; stage < 2; stage++) {
      const bool memory = stage == 1;
      if (memory && !cell_.memory_is_state) continue;
      float* out = chunk.d_states[stage] + row;
      for (int panel = 0; panel < back_panels_; panel++) {
        const int first = panel * PANEL_VECTORS * W, slabs = std::min(PANEL_VECTORS, slabs_ - panel * PANEL_VECTORS);
        std::memset(scratch.sums, 0, sizeof(float) * static_cast<size_t>(slabs * W));
        Segment segments[3 * MOST_COLUMNS];
        const int some = own_segments(segments, layer, -1, stage, panel, b);
        stored_.product(scratch.sums, slabs * W, 1, slabs, segments, some);
        const bool carried = memory || cell_.h_is_memory;
        for (int u = first; u < std::min(first + slabs * W, H); u++) {
          out[u] = scratch.sums[u - first] + (carried ? carry_[b * stride_ + u] : 0.f);
        }
      }
    }
  }
}

}  // namespace rnnscope
