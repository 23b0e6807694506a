// Memory, packing, and a chunk forward. back.cpp has the way back, gradients.cpp its end, sampling.cpp the drawing of text.
#include "network.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace rnnscope {
namespace {

constexpr float IMPOSSIBLE = -1e30f;  // the logit of padding

int divided(int64_t a, int64_t b) { return static_cast<int>((a + b - 1) / b); }

// Zeroed, on a boundary of large pages, and in large pages where the system has them: rows that lie far apart would need
// more small pages than the processor can remember.
std::unique_ptr<char, void (*)(void*)> zeroed(int64_t bytes) {
  constexpr int64_t PAGE = 2 << 20;
  char* raw = static_cast<char*>(std::calloc(static_cast<size_t>(bytes + PAGE), 1));
  if (!raw) throw std::bad_alloc();
#if defined(__linux__)
  const uintptr_t start = (reinterpret_cast<uintptr_t>(raw) + 4095) / 4096 * 4096;
  madvise(reinterpret_cast<void*>(start), static_cast<size_t>(bytes), MADV_HUGEPAGE);
#endif
  return {raw, std::free};
}

char* aligned(char* raw) { return reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(raw) + 63) / 64 * 64); }

// Numbers from a row to the next: room for all slabs, and an odd number of cache lines, so that rows which are read one
// below the other do not fall onto the same few sets of the cache.
int64_t spread(int64_t numbers) {
  const int64_t lines = (numbers + 15) / 16;
  return 16 * (lines | 1);
}

}  // namespace

Network::Network(const Kernels& kernels, const Cell& cell, const Shape& shape)
    : kernels_(kernels),
      stored_(kernels.stored[shape.bfloat16 ? 1 : 0]),
      cell_(cell),
      shape_(shape),
      width_(kernels.width),
      slabs_(divided(shape.hidden, kernels.width)),
      per_word_(shape.bfloat16 ? 2 : 1),
      number_bytes_(shape.bfloat16 ? 2 : 4),
      stride_(spread(static_cast<int64_t>(slabs_) * width_)),
      output_vectors_(divided(shape.vocabulary, width_)),
      back_panels_(divided(slabs_, PANEL_VECTORS)) {
  output_stride_ = spread(static_cast<int64_t>(output_vectors_) * width_);
  layers_.resize(static_cast<size_t>(shape.layers));
}

Network::Network(const Kernels& kernels, const Cell& cell, const Shape& shape, int threads)
    : Network(kernels, cell, shape) {
  const int64_t needed = bytes(kernels, cell, shape);
  Arena counter(nullptr);
  lay_out(counter, threads);
  memory_ = zeroed(std::max(needed, counter.used()) + 64);
  Arena arena(aligned(memory_.get()));
  lay_out(arena, threads);
  threads_ = std::make_unique<Threads>(threads);
}

int64_t Network::bytes(const Kernels& kernels, const Cell& cell, const Shape& shape) {
  Arena counter(nullptr);
  Network(kernels, cell, shape).lay_out(counter, 1);
  return counter.used();
}

int Network::slabs_in_panel(const Phase& phase) const { return phase.columns >= 3 ? 1 : PANEL_VECTORS / phase.columns; }

void Network::lay_out(Arena& arena, int threads) {
  const int H = shape_.hidden, V = shape_.vocabulary, W = width_;
  const int64_t lanes = shape_.lanes, rows = lanes * (shape_.gradients ? shape_.steps : 1);
  const int64_t states = lanes * (shape_.steps + 1);
  const auto plane = [&](int64_t count) { return arena.take<char>((count * stride_ + 64) * number_bytes_); };
  for (size_t l = 0; l < layers_.size(); l++) {
    Layer& layer = layers_[l];
    for (int p = 0; p < cell_.phases; p++) {
      const Phase& phase = cell_.phase[p];
      const int side_by_side = slabs_in_panel(phase), panels = divided(slabs_, side_by_side);
      layer.bias[p] = arena.take<float>(static_cast<int64_t>(panels) * side_by_side * phase.columns * W);
      for (int i = 0; i < phase.terms; i++) {
        const Term& term = phase.term[i];
        const bool symbols = term.source == Source::input && l == 0;
        const int64_t length = symbols ? V + 1 : words(H);
        layer.packed[p][i].forward = arena.take<float>(panels * length * side_by_side * term.count * W);
        for (int j = 0; j < term.count && shape_.gradients && !symbols; j++) {
          layer.packed[p][i].back[j] =
              arena.take<float>(static_cast<int64_t>(back_panels_) * words(H) * PANEL_VECTORS * W);
        }
      }
    }
    for (int i = 0; i < cell_.diagonals; i++) layer.diagonals[i] = arena.take<float>(slabs_ * W);
    layer.h = plane(states);
    const bool own_memory = cell_.memory_is_state || (cell_.h_is_memory && shape_.bfloat16);
    layer.memory = own_memory ? arena.take<float>(states * stride_ + 64) : reinterpret_cast<float*>(layer.h);
    layer.extra = nullptr;
    if (cell_.has_extra) {
      const bool is_memory = cell_.extra_is_memory && !shape_.bfloat16;
      layer.extra = is_memory ? reinterpret_cast<char*>(layer.memory) : plane(states);
    }
    for (int i = 0; i < cell_.planes; i++) layer.planes[i] = plane(rows);
    layer.dropped = nullptr;
    layer.kept = nullptr;
  }
  const int panels = divided(output_vectors_, PANEL_VECTORS);
  output_.forward = arena.take<float>(static_cast<int64_t>(panels) * words(H) * PANEL_VECTORS * W);
  output_bias_ = arena.take<float>(output_stride_);
  if (shape_.gradients) {
    output_.back[0] = arena.take<float>(static_cast<int64_t>(back_panels_) * words(V) * PANEL_VECTORS * W);
    d_logits_ = arena.take<char>((rows * output_stride_ + 64) * number_bytes_);
    carry_ = arena.take<float>(lanes * stride_);
    d_h_ = arena.take<float>(lanes * stride_);
    losses_ = arena.take<double>(rows);
  } else {
    losses_ = arena.take<double>(lanes * shape_.steps);
  }
  scratch_.resize(static_cast<size_t>(threads));
  for (Scratch& scratch : scratch_) {
    scratch.sums = arena.take<float>(std::max<int64_t>(ROW_BLOCK * PANEL_VECTORS * W, stride_));
    scratch.logits = arena.take<float>(ROW_BLOCK * output_stride_);
    scratch.log_probs = arena.take<float>(ROW_BLOCK * output_stride_);
    if (!shape_.gradients) continue;
    scratch.table = arena.take<float>(static_cast<int64_t>(V + 1) * PANEL_VECTORS * W);
    scratch.gradient = arena.take<float>(shape_.bfloat16 ? GRADIENT_ROWS * (slabs_ * W + GRADIENT_UNITS + W) : 0);
  }
}

// ---- weights

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
            const int64_t length = symbols ? V + 1 : words(H);
            float* out = layer.packed[p][i].forward + panel * length * side_by_side * term.count * W;
            if (symbols) out += vectors * W;  // row 0 stays zero: no symbol
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
              out[u] = (ih < 0 ? 0 : weights[BIAS_IH][ih * H + unit]) + (hh < 0 ? 0 : weights[BIAS_HH][hh * H + unit]);
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

// ---- a chunk

Network::Lanes Network::lanes_of(int thread) const {
  const int64_t count = threads_->count();
  return {static_cast<int>(lanes_ * int64_t{thread} / count), static_cast<int>(lanes_ * int64_t{thread + 1} / count)};
}

void Network::run(rnnscope_chunk& chunk) {
  lanes_ = chunk.lanes, steps_ = chunk.steps;
  keep_ = chunk.gradients != nullptr;
  if (chunk.kept && !dropped_) {
    const int64_t bytes = ((shape_.steps + 1) * int64_t{shape_.lanes} * stride_ + 64) * number_bytes_;
    dropped_ = zeroed(bytes * shape_.layers + 64);
    for (int l = 0; l < shape_.layers; l++) layers_[static_cast<size_t>(l)].dropped = aligned(dropped_.get()) + l * bytes;
  }
  for (int l = 0; l < shape_.layers; l++) {
    const int64_t first = int64_t{l} * steps_ * lanes_ * shape_.hidden;
    layers_[static_cast<size_t>(l)].kept = chunk.kept ? chunk.kept + first : nullptr;
  }
  chunk.count = 0;
  for (int64_t i = 0; chunk.targets && i < int64_t{steps_} * lanes_; i++) chunk.count += chunk.targets[i] >= 0;

  threads_->run([&](int thread) {
    const Lanes lanes = lanes_of(thread);
    forward(chunk, thread, lanes);
    if (!chunk.gradients) return;
    back(chunk, thread, lanes);
    threads_->meet();
    gradients(chunk, thread);
  });

  chunk.loss_nats_sum = 0;
  for (int64_t i = 0; chunk.targets && i < int64_t{steps_} * lanes_; i++) chunk.loss_nats_sum += losses_[i];
}

Block Network::block(int layer, int t, int row, int rows, int first_slab, int slabs) {
  Layer& here = layers_[static_cast<size_t>(layer)];
  const int64_t before = int64_t{t} * lanes_ + row, after = before + lanes_, unit = int64_t{first_slab} * width_;
  const int64_t kept = keep_ ? before : row;
  Block block{};
  block.rows = rows, block.slabs = slabs, block.stride = stride_;
  for (int i = 0; i < cell_.planes; i++) block.planes[i] = at(here.planes[i], kept, unit);
  block.h = at(here.h, after, unit);
  block.memory_before = here.memory + before * stride_ + unit;
  block.memory = here.memory + after * stride_ + unit;
  block.extra = here.extra ? at(here.extra, after, unit) : nullptr;
  if (carry_) block.carry = carry_ + row * stride_ + unit;
  for (int i = 0; i < cell_.diagonals; i++) block.diagonals[i] = here.diagonals[i] + unit;
  return block;
}

char* Network::entering(int layer, int t) {
  Layer& below = layers_[static_cast<size_t>(layer - 1)];
  return at(below.kept ? below.dropped : below.h, int64_t{t + 1} * lanes_, 0);
}

void Network::enter(const rnnscope_chunk& chunk, int layer, Lanes lanes) {
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
      if (chunk.quantities) trace(chunk, l, t, lanes);
    }
    leave(chunk, l, lanes);
  }
  if (!(chunk.logits || chunk.log_probs || chunk.targets || chunk.gradients)) return;
  for (int t = 0; t < steps_; t++) outputs(chunk, t, scratch, lanes);
}

void Network::forward_step(int layer, int t, const int64_t* ids, Scratch& scratch, Lanes lanes) {
  for (int p = 0; p < cell_.phases; p++) {
    const int panels = divided(slabs_, slabs_in_panel(cell_.phase[p]));
    for (int panel = 0; panel < panels; panel++) forward_panel(layer, t, p, panel, ids, scratch, lanes);
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
    const float* table = nullptr;
    int table_first = 0, table_vectors = 0, open = 0;
    // Consecutive terms of the same columns are one product.
    Segment segments[4];
    const auto finish = [&](int first, int some) {
      if (open) stored_.product(scratch.sums + first * W, stride, rows, some, segments, open);
      open = 0;
    };
    for (int k = 0; k < phase.terms; k++) {
      const Term& term = phase.term[k];
      if (layer == 0 && term.source == Source::input) {
        table_first = term.first, table_vectors = slabs * term.count;
        table = here.packed[p][k].forward + int64_t{panel} * (shape_.vocabulary + 1) * side_by_side * term.count * W;
      }
    }
    kernels_.start(scratch.sums, stride, rows, vectors, bias, table, table_first, table_vectors, ids + row);
    for (int k = 0; k < phase.terms; k++) {
      const Term& term = phase.term[k];
      const bool symbols = layer == 0 && term.source == Source::input;
      if (!symbols) {
        char* source = term.source == Source::input    ? entering(layer, t)
                       : term.source == Source::hidden ? at(here.h, int64_t{t} * lanes_, 0)
                       : term.source == Source::extra  ? at(here.extra, int64_t{t + 1} * lanes_, 0)
                                                       : at(here.extra, int64_t{t} * lanes_, 0);
        segments[open++] = {at(source, row, 0), stride_ / per_word_,
                            here.packed[p][k].forward +
                                int64_t{panel} * words(shape_.hidden) * side_by_side * term.count * W,
                            words(shape_.hidden)};
      }
      const bool goes_on = k + 1 < phase.terms && phase.term[k + 1].first == term.first &&
                           phase.term[k + 1].count == term.count;
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

void Network::logits_of(int t, int row, int rows, float* logits) {
  const char* h = at(entering(shape_.layers, t), row, 0);
  for (int v = 0; v < output_vectors_; v += PANEL_VECTORS) {
    const int vectors = std::min(PANEL_VECTORS, output_vectors_ - v);
    const Segment segment{h, stride_ / per_word_, output_.forward + int64_t{v} * words(shape_.hidden) * width_,
                          words(shape_.hidden)};
    float* sums = logits + v * width_;
    kernels_.start(sums, output_stride_, rows, vectors, output_bias_ + v * width_, nullptr, 0, 0, nullptr);
    stored_.product(sums, output_stride_, rows, vectors, &segment, 1);
  }
}

void Network::outputs(const rnnscope_chunk& chunk, int t, Scratch& scratch, Lanes lanes) {
  const int V = shape_.vocabulary;
  const auto copy_out = [&](float* to, const float* from, int64_t first, int rows) {
    for (int r = 0; r < rows; r++) {
      std::memcpy(to + (first + r) * V, from + r * output_stride_, sizeof(float) * static_cast<size_t>(V));
    }
  };
  for (int row = lanes.first; row < lanes.last; row += ROW_BLOCK) {
    const int rows = std::min(ROW_BLOCK, lanes.last - row);
    const int64_t first = int64_t{t} * lanes_ + row;
    logits_of(t, row, rows, scratch.logits);
    if (chunk.logits) copy_out(chunk.logits, scratch.logits, first, rows);
    if (chunk.log_probs) {
      std::memcpy(scratch.log_probs, scratch.logits, sizeof(float) * static_cast<size_t>(rows * output_stride_));
      kernels_.log_softmax(scratch.log_probs, output_stride_, rows, V);
      copy_out(chunk.log_probs, scratch.log_probs, first, rows);
    }
    char* d_logits = chunk.gradients ? d_logits_ + first * output_stride_ * number_bytes_ : nullptr;
    if (chunk.targets) {
      const float share = chunk.count ? 1.f / static_cast<float>(chunk.count) : 0.f;
      stored_.cross_entropy(scratch.logits, output_stride_, rows, V, chunk.targets + first, share, losses_ + first,
                            chunk.d_logits ? nullptr : d_logits, output_stride_);
    }
    for (int r = 0; r < rows && d_logits && chunk.d_logits; r++) {
      stored_.write(d_logits + r * output_stride_ * number_bytes_, chunk.d_logits + (first + r) * V, V,
                    output_vectors_ * width_);
    }
  }
}

void Network::leave(const rnnscope_chunk& chunk, int layer, Lanes lanes) {
  Layer& here = layers_[static_cast<size_t>(layer)];
  for (int b = lanes.first; b < lanes.last; b++) {
    const int64_t row = int64_t{steps_} * lanes_ + b, out = (int64_t{layer} * lanes_ + b) * shape_.hidden;
    const float* memory = here.memory + row * stride_;
    if (cell_.h_is_memory) kernels_.stored[0].read(chunk.states[0] + out, memory, shape_.hidden);
    else stored_.read(chunk.states[0] + out, at(here.h, row, 0), shape_.hidden);
    if (cell_.memory_is_state) kernels_.stored[0].read(chunk.states[1] + out, memory, shape_.hidden);
  }
}

void Network::trace(const rnnscope_chunk& chunk, int layer, int t, Lanes lanes) {
  Layer& here = layers_[static_cast<size_t>(layer)];
  for (int b = lanes.first; b < lanes.last; b++) {
    const int64_t before = int64_t{t} * lanes_ + b, after = before + lanes_;
    const int64_t out = ((int64_t{layer} * steps_ + t) * lanes_ + b) * shape_.hidden;
    int q = 0;
    stored_.read(chunk.quantities[q++] + out, at(here.h, after, 0), shape_.hidden);
    if (cell_.memory_is_state) {
      kernels_.stored[0].read(chunk.quantities[q++] + out, here.memory + after * stride_, shape_.hidden);
    }
    for (int i = 0; i < cell_.gates; i++) {
      const char* plane = at(here.planes[cell_.gate_planes[i]], keep_ ? before : b, 0);
      stored_.read(chunk.quantities[q++] + out, plane, shape_.hidden);
    }
  }
}

}  // namespace rnnscope
