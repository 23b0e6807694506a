// Text drawn symbol by symbol. Lanes do not know of each other, so each thread draws its own to the end.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "network.h"

namespace rnnscope {
namespace {

constexpr int64_t WORTH_SHARING =
    1 << 16;  // weights for which working together gains more than the threads' meetings cost

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
  // Where there is one lane, all threads work on it, each on some of its units; else each has lanes of its own.
  const int64_t weights = int64_t{cell_.blocks} * shape_.hidden * shape_.hidden * (2 * shape_.layers - 1);
  const bool together = lanes == 1 && threads_->count() > 1 && weights >= WORTH_SHARING;
  std::atomic<bool> finite{true};
  threads_->run([&](int thread) {
    const Lanes mine = together ? Lanes{0, 1} : lanes_of(thread);
    if (mine.first == mine.last) return;
    const Share share = together ? Share{thread, threads_->count()} : Share{0, 1};
    const bool leads = share.part == 0;
    Scratch& scratch = scratch_[static_cast<size_t>(thread)];
    float* logits = scratch_[static_cast<size_t>(together ? 0 : thread)].logits;
    std::vector<double> edges(static_cast<size_t>(symbols));
    for (int l = 0; l < shape_.layers && leads; l++) enter(chunk, l, mine);
    meet(share);
    for (int i = 0; i < length; i++) {
      for (int row = mine.first; row < mine.last; row += ROW_BLOCK) {
        const int rows = std::min(ROW_BLOCK, mine.last - row);
        logits_of(-1, row, rows, logits, share);
        meet(share);
        if (!leads) continue;
        kernels_.log_softmax(logits, output_stride_, rows, shape_.vocabulary);
        for (int r = 0; r < rows; r++) {
          const int64_t place = int64_t{i} * lanes + row + r;
          const float* log_probs = logits + r * output_stride_;
          const int symbol = draw(log_probs, symbols, temperature, uniforms[place], edges.data());
          if (symbol < 0) finite = false;
          ids[place] = std::max(symbol, 0);
        }
      }
      meet(share);
      if (!finite) break;
      for (int l = 0; l < shape_.layers; l++) forward_step(l, 0, ids + int64_t{i} * lanes, scratch, mine, share);
      if (i + 1 == length) break;
      for (Layer& layer : layers_) {
        if (leads) restart(layer, mine);
      }
      meet(share);
    }
    for (int l = 0; l < shape_.layers && leads; l++) leave(chunk, l, mine);
  });
  return finite;
}

void Network::meet(const Share& share) {
  if (share.parts > 1) threads_->meet();
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
