// Text drawn symbol by symbol. Lanes do not know of each other, so each thread draws its own to the end.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "network.h"

namespace rnnscope {
namespace {

// Draws from p^(1 / temperature) as rnnscope.sample does: one uniform number, sums in float64. -1 for what is no
// distribution; rounding may put a certain symbol's log-probability above 0.
int draw(const float* log_probs, int symbols, double temperature, double uniform, double* edges) {
  int best = 0;
  for (int v = 0; v < symbols; v++) {
    if (!(log_probs[v] < 1)) return -1;
    if (log_probs[v] > log_probs[best]) best = v;
  }
  if (temperature == 0) return best;
  double total = 0;
  for (int v = 0; v < symbols; v++) {
    total += std::exp((static_cast<double>(log_probs[v]) - log_probs[best]) / temperature);
    edges[v] = total;
  }
  const double* edge = std::upper_bound(edges, edges + symbols, uniform * total);
  return std::min(static_cast<int>(edge - edges), symbols - 1);
}

}  // namespace

bool Network::sample(float* const* states, int lanes, int length, const double* uniforms, double temperature,
                     int symbols, int64_t* ids) {
  if (length == 0) return true;
  rnnscope_chunk chunk{};
  chunk.states = states;
  lanes_ = lanes, steps_ = 1, keep_ = false;
  for (Layer& layer : layers_) layer.kept = nullptr;
  std::atomic<bool> finite{true};
  threads_->run([&](int thread) {
    const Lanes mine = lanes_of(thread);
    if (mine.first == mine.last) return;
    Scratch& scratch = scratch_[static_cast<size_t>(thread)];
    std::vector<double> edges(static_cast<size_t>(symbols));
    for (int l = 0; l < shape_.layers; l++) enter(chunk, l, mine);
    for (int i = 0; i < length && finite; i++) {
      for (int row = mine.first; row < mine.last; row += ROW_BLOCK) {
        const int rows = std::min(ROW_BLOCK, mine.last - row);
        logits_of(-1, row, rows, scratch.logits);
        kernels_.log_softmax(scratch.logits, output_stride_, rows, shape_.vocabulary);
        for (int r = 0; r < rows; r++) {
          const int64_t place = int64_t{i} * lanes + row + r;
          const float* log_probs = scratch.logits + r * output_stride_;
          const int symbol = draw(log_probs, symbols, temperature, uniforms[place], edges.data());
          if (symbol < 0) finite = false;
          ids[place] = std::max(symbol, 0);
        }
      }
      for (int l = 0; l < shape_.layers; l++) forward_step(l, 0, ids + int64_t{i} * lanes, scratch, mine);
      if (i + 1 == length) break;
      for (Layer& layer : layers_) restart(layer, mine);
    }
    for (int l = 0; l < shape_.layers; l++) leave(chunk, l, mine);
  });
  return finite;
}

// Makes the states after step 0 those that enter it.
void Network::restart(Layer& layer, Lanes lanes) {
  const int64_t count = int64_t{lanes.last - lanes.first} * stride_ * number_bytes_;
  for (char* plane : {layer.h, layer.extra}) {
    if (plane) std::memcpy(at(plane, lanes.first, 0), at(plane, lanes_ + lanes.first, 0), static_cast<size_t>(count));
  }
  if (reinterpret_cast<char*>(layer.memory) == layer.h) return;
  std::memcpy(layer.memory + lanes.first * stride_, layer.memory + (lanes_ + lanes.first) * stride_,
              sizeof(float) * static_cast<size_t>((lanes.last - lanes.first) * stride_));
}

}  // namespace rnnscope
