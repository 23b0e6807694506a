// A chunk forward: states, sums and cells step by step, then the softmax; what is asked for is copied out.
#include <algorithm>
#include <cstring>

#include "network.h"

namespace rnnscope {

char* Network::entering(int layer, int t) {
  Layer& below = layers_[static_cast<size_t>(layer - 1)];
  return at(below.kept ? below.dropped : below.h, int64_t{t + 1} * lanes_, 0);
}

void Network::enter(const rnnscope_chunk& chunk, int layer, Lanes lanes) {
  if (cell_.window) return;
  Layer& here = layers_[static_cast<size_t>(layer)];
  const int padded = slabs_ * width_;
  for (int b = lanes.first; b < lanes.last; b++) {
    const int64_t row = (int64_t{layer} * lanes_ + b) * shape_.hidden;
    const float* h = chunk.states[0] + row;
    stored_.write(at(here.h, b, 0), h, shape_.hidden, padded);
    const float* memory = cell_.memory_is_state ? chunk.states[1] + row : h;
    if (cell_.memory_is_state || cell_.h_is_memory) {
      kernels_.stored[0].write(here.memory + b * stride_, memory, shape_.hidden, padded);
    }
    if (cell_.extra_is_memory) stored_.write(at(here.extra, b, 0), memory, shape_.hidden, padded);
  }
}

void Network::forward(const rnnscope_chunk& chunk, int thread, Lanes lanes) {
  Scratch& scratch = scratch_[static_cast<size_t>(thread)];
  for (int l = 0; l < shape_.layers; l++) {
    enter(chunk, l, lanes);
    for (int t = 0; t < steps_; t++) {
      forward_step(l, t, chunk.ids + int64_t{t} * lanes_, scratch, lanes);
      if (chunk.kept) drop(l, t, chunk.kept_scale, scratch, lanes);
      if (chunk.quantities) record(chunk, l, t, lanes);
    }
    leave(chunk, l, lanes);
  }
  if (!(chunk.logits || chunk.log_probs || chunk.targets || chunk.gradients)) return;
  for (int t = 0; t < steps_; t++) outputs(chunk, t, scratch, lanes);
}

void Network::forward_step(int layer, int t, const int64_t* ids, Scratch& scratch, Lanes lanes, Share share) {
  for (int p = 0; p < cell_.phases; p++) {
    const int panels = divided(slabs_, slabs_in_panel(cell_.phase[p]));
    for (int panel = share.part; panel < panels; panel += share.parts) {
      forward_panel(layer, t, p, panel, ids, scratch, lanes);
    }
    meet(share);
  }
}

void Network::forward_panel(int layer, int t, int p, int panel, const int64_t* ids, Scratch& scratch, Lanes lanes) {
  Layer& here = layers_[static_cast<size_t>(layer)];
  const Phase& phase = cell_.phase[p];
  const int W = width_, side_by_side = slabs_in_panel(phase), first_slab = panel * side_by_side;
  const int slabs = std::min(side_by_side, slabs_ - first_slab), vectors = slabs * phase.columns;
  const int64_t stride = vectors * W;
  const float* bias = here.bias[p] + static_cast<int64_t>(first_slab) * phase.columns * W;
  const int count = lanes.last - lanes.first, blocks = divided(count, ROW_BLOCK);
  for (int i = 0; i < blocks; i++) {
    const int row = lanes.first + static_cast<int>(int64_t{count} * i / blocks);
    const int rows = lanes.first + static_cast<int>(int64_t{count} * (i + 1) / blocks) - row;
    Lookup lookup{};
    int open = 0;
    // Consecutive terms of the same columns are one product.
    Segment segments[4];
    const auto finish = [&](int first, int some) {
      if (open) stored_.product(scratch.sums + first * W, stride, rows, some, segments, open);
      open = 0;
    };
    for (int k = 0; k < phase.terms; k++) {
      const Term& term = phase.term[k];
      if (layer == 0 && term.source == Source::input) {
        const float* table = here.packed[p][k].forward + panel * table_rows() * side_by_side * term.count * W;
        lookup = {table, term.first, slabs * term.count, ids + row, shape_.window, ids_stride(), shape_.vocabulary};
      }
    }
    kernels_.start(scratch.sums, stride, rows, vectors, bias, lookup.table ? &lookup : nullptr);
    for (int k = 0; k < phase.terms; k++) {
      const Term& term = phase.term[k];
      const bool symbols = layer == 0 && term.source == Source::input;
      if (!symbols) {
        char* source = term.source == Source::input    ? entering(layer, t)
                       : term.source == Source::hidden ? at(here.h, int64_t{t} * lanes_, 0)
                       : term.source == Source::extra  ? at(here.extra, int64_t{t + 1} * lanes_, 0)
                                                       : at(here.extra, int64_t{t} * lanes_, 0);
        segments[open++] = {
            at(source, row, 0), stride_ / per_word_,
            here.packed[p][k].forward + int64_t{panel} * words(shape_.hidden) * side_by_side * term.count * W,
            words(shape_.hidden)};
      }
      const bool goes_on =
          k + 1 < phase.terms && phase.term[k + 1].first == term.first && phase.term[k + 1].count == term.count;
      if (!goes_on) finish(term.first, slabs * term.count);
    }
    Block block = this->block(layer, t, row, rows, first_slab, slabs);
    block.sums = scratch.sums, block.columns = phase.columns, block.sums_stride = stride;
    phase.forward[shape_.bfloat16 ? 1 : 0](block);
  }
}

void Network::drop(int layer, int t, float scale, Scratch& scratch, Lanes lanes) {
  Layer& here = layers_[static_cast<size_t>(layer)];
  const int H = shape_.hidden;
  for (int b = lanes.first; b < lanes.last; b++) {
    const int64_t row = int64_t{t + 1} * lanes_ + b;
    stored_.read(scratch.sums, at(here.h, row, 0), H);
    kernels_.scale(scratch.sums, H, 1, H, here.kept + (int64_t{t} * lanes_ + b) * H, H, scale);
    stored_.write(at(here.dropped, row, 0), scratch.sums, H, slabs_ * width_);
  }
}

void Network::logits_of(int t, int row, int rows, float* logits, Share share) {
  const char* h = at(entering(shape_.layers, t), row, 0);
  for (int v = share.part * PANEL_VECTORS; v < output_vectors_; v += share.parts * PANEL_VECTORS) {
    const int vectors = std::min(PANEL_VECTORS, output_vectors_ - v);
    const Segment segment{h, stride_ / per_word_, output_.forward + int64_t{v} * words(shape_.hidden) * width_,
                          words(shape_.hidden)};
    float* sums = logits + v * width_;
    kernels_.start(sums, output_stride_, rows, vectors, output_bias_ + v * width_, nullptr);
    stored_.product(sums, output_stride_, rows, vectors, &segment, 1);
  }
}

void Network::outputs(const rnnscope_chunk& chunk, int t, Scratch& scratch, Lanes lanes) {
  const int V = shape_.vocabulary;
  const bool learns = chunk.gradients && !chunk.d_logits,
             scores = chunk.target_log_probs || chunk.target_ranks || chunk.best;
  const bool rows_are_wanted = chunk.logits || chunk.log_probs || chunk.gradients;
  const auto from = [](auto* all, int64_t row) { return all ? all + row : nullptr; };
  const auto copy_out = [&](float* to, const float* from, int64_t first, int rows) {
    for (int r = 0; r < rows; r++) {
      std::memcpy(to + (first + r) * V, from + r * output_stride_, sizeof(float) * static_cast<size_t>(V));
    }
  };
  for (int row = lanes.first; row < lanes.last; row += ROW_BLOCK) {
    const int rows = std::min(ROW_BLOCK, lanes.last - row);
    const int64_t first = int64_t{t} * lanes_ + row;
    // A text's warm-up is read without a target, and then nothing above the cells is computed.
    const bool asked = rows_are_wanted || std::any_of(chunk.targets + first, chunk.targets + first + rows,
                                                      [](int64_t target) { return target >= 0; });
    if (asked) logits_of(t, row, rows, scratch.logits);
    if (chunk.logits) copy_out(chunk.logits, scratch.logits, first, rows);
    if (chunk.log_probs) {
      std::memcpy(scratch.log_probs, scratch.logits, sizeof(float) * static_cast<size_t>(rows * output_stride_));
      kernels_.log_softmax(scratch.log_probs, output_stride_, rows, V);
      copy_out(chunk.log_probs, scratch.log_probs, first, rows);
    }
    char* d_logits = chunk.gradients ? d_logits_ + first * output_stride_ * number_bytes_ : nullptr;
    if (chunk.targets && (scores || !learns)) {
      kernels_.score(scratch.logits, output_stride_, rows, V, chunk.targets + first, losses_ + first,
                     from(chunk.target_log_probs, first), from(chunk.target_ranks, first), from(chunk.best, first));
    }
    if (learns) {
      const float share = chunk.count ? 1.f / static_cast<float>(chunk.count) : 0.f;
      stored_.cross_entropy(scratch.logits, output_stride_, rows, V, chunk.targets + first, share, losses_ + first,
                            d_logits, output_stride_);
    }
    for (int r = 0; r < rows && d_logits && chunk.d_logits; r++) {
      stored_.write(d_logits + r * output_stride_ * number_bytes_, chunk.d_logits + (first + r) * V, V,
                    output_vectors_ * width_);
    }
  }
}

void Network::leave(const rnnscope_chunk& chunk, int layer, Lanes lanes) {
  if (cell_.window) return;
  Layer& here = layers_[static_cast<size_t>(layer)];
  for (int b = lanes.first; b < lanes.last; b++) {
    const int64_t row = int64_t{steps_} * lanes_ + b, out = (int64_t{layer} * lanes_ + b) * shape_.hidden;
    const float* memory = here.memory + row * stride_;
    if (cell_.h_is_memory)
      kernels_.stored[0].read(chunk.states[0] + out, memory, shape_.hidden);
    else
      stored_.read(chunk.states[0] + out, at(here.h, row, 0), shape_.hidden);
    if (cell_.memory_is_state) kernels_.stored[0].read(chunk.states[1] + out, memory, shape_.hidden);
  }
}

void Network::record(const rnnscope_chunk& chunk, int layer, int t, Lanes lanes) {
  Layer& here = layers_[static_cast<size_t>(layer)];
  const int H = shape_.hidden;
  const int64_t before = int64_t{t} * lanes_, after = before + lanes_;
  float* const* wanted = chunk.quantities + layer * (1 + cell_.memory_is_state + cell_.gates);
  const auto copy = [&](const StoredKernels& kernels, const char* plane, int64_t row_bytes) {
    float* out = *wanted++;
    for (int b = lanes.first; b < lanes.last && out; b++)
      kernels.read(out + (before + b) * H, plane + b * row_bytes, H);
  };
  copy(stored_, at(here.h, after, 0), stride_ * number_bytes_);
  if (cell_.memory_is_state) {
    const float* memory = here.memory + after * stride_;
    copy(kernels_.stored[0], reinterpret_cast<const char*>(memory), stride_ * static_cast<int64_t>(sizeof(float)));
  }
  for (int i = 0; i < cell_.gates; i++) {
    copy(stored_, at(here.planes[cell_.gate_planes[i]], keep_ ? before : 0, 0), stride_ * number_bytes_);
  }
}

}  // namespace rnnscope
