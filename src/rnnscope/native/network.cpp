// Memory, and the order of work on a chunk.
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

// Zeroed, on a boundary of large pages, and in large pages where the system has them: rows that lie far apart would
// need more small pages than the processor can remember.
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
        const int64_t length = symbols ? table_rows() : words(H);
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
    if (cell_.memory_is_state || cell_.h_is_memory) carry_ = arena.take<float>(lanes * stride_);
    if (!cell_.window) d_h_ = arena.take<float>(lanes * stride_);
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
    scratch.table = arena.take<float>(table_rows() * PANEL_VECTORS * W);
    scratch.gradient = arena.take<float>(shape_.bfloat16 ? GRADIENT_ROWS * (slabs_ * W + GRADIENT_UNITS + W) : 0);
  }
}

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
    for (int l = 0; l < shape_.layers; l++)
      layers_[static_cast<size_t>(l)].dropped = aligned(dropped_.get()) + l * bytes;
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

}  // namespace rnnscope
