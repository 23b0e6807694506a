// A stack of recurrent cells over symbols with a softmax layer above: all memory of one network, and the order of work.
//
// Each thread owns some lanes and takes them through the whole chunk, forward and back, without waiting for the others;
// then the threads meet and share the gradients by rows of the result. Every number is added up in an order that does
// not depend on who computes it, so results do not depend on the number of threads, bit for bit.
//
// What the rows of planes mean: row t B + b belongs to step t and lane b. States have one step more, step 0 being what
// entered, so a cell that computes step t reads states at t and writes them at t + 1.
#ifndef RNNSCOPE_NETWORK_H
#define RNNSCOPE_NETWORK_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernels.h"
#include "rnnscope.h"
#include "threads.h"

namespace rnnscope {

// a / b, rounded up.
inline int divided(int64_t a, int64_t b) { return static_cast<int>((a + b - 1) / b); }

struct Shape {
  int layers, hidden, vocabulary, window, steps, lanes;
  bool bfloat16, gradients;
};

// Hands out parts of one block of memory; without a block it only counts.
class Arena {
 public:
  explicit Arena(char* block) : block_(block) {}
  template <class T>
  T* take(int64_t count) {
    T* part = block_ ? reinterpret_cast<T*>(block_ + used_) : nullptr;
    used_ += (count * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64;
    return part;
  }
  int64_t used() const { return used_; }

 private:
  char* block_;
  int64_t used_ = 0;
};

class Network {
 public:
  // Throws std::bad_alloc or std::system_error where memory or threads cannot be had.
  Network(const Kernels& kernels, const Cell& cell, const Shape& shape, int threads);

  static int64_t bytes(const Kernels& kernels, const Cell& cell, const Shape& shape);

  void load(const float* const* parameters);
  void run(rnnscope_chunk& chunk);
  bool sample(float* const* states, int lanes, int length, const double* uniforms, double temperature, int symbols,
              int64_t* ids);

 private:
  // A term's weights as products read them. Forward: a panel for every few slabs. Back: one for every four slabs of
  // what the term reads, and that for each of its columns.
  struct Packed {
    float* forward = nullptr;
    float* back[MOST_COLUMNS] = {};
  };
  struct Layer {
    Packed packed[2][4];                                      // phase, term
    float* bias[2] = {};                                      // phase: [panels, vectors, W]
    float* diagonals[3] = {};                                 // [padded units]
    char *h = nullptr, *dropped = nullptr, *extra = nullptr;  // states: [T + 1, B, stride]
    float* memory = nullptr;
    char* planes[MOST_COLUMNS] = {};  // [T, B, stride]
    const uint8_t* kept = nullptr;    // of the chunk: [T, B, H]
  };
  struct Scratch {
    float *sums = nullptr, *logits = nullptr, *log_probs = nullptr, *table = nullptr, *gradient = nullptr;
  };
  struct Lanes {
    int first, last;
  };
  // Panels part, part + parts, ...: of threads that work on the same lanes.
  struct Share {
    int part, parts;
  };

  Network(const Kernels& kernels, const Cell& cell, const Shape& shape);
  void lay_out(Arena& arena, int threads);

  // Forward.
  void enter(const rnnscope_chunk& chunk, int layer, Lanes lanes);
  void forward(const rnnscope_chunk& chunk, int thread, Lanes lanes);
  void forward_step(int layer, int t, const int64_t* ids, Scratch& scratch, Lanes lanes, Share share = {0, 1});
  void forward_panel(int layer, int t, int phase, int panel, const int64_t* ids, Scratch& scratch, Lanes lanes);
  void drop(int layer, int t, float scale, Scratch& scratch, Lanes lanes);
  void logits_of(int t, int row, int rows, float* logits, Share share = {0, 1});
  void meet(const Share& share);
  void outputs(const rnnscope_chunk& chunk, int t, Scratch& scratch, Lanes lanes);
  void leave(const rnnscope_chunk& chunk, int layer, Lanes lanes);
  void restart(Layer& layer, Lanes lanes);
  void record(const rnnscope_chunk& chunk, int layer, int t, Lanes lanes);

  // Back.
  void back(const rnnscope_chunk& chunk, int thread, Lanes lanes);
  void back_panel(const rnnscope_chunk& chunk, int layer, int t, int stage, int panel, Scratch& scratch, Lanes lanes);
  int own_segments(Segment* to, int layer, int t, int stage, int panel, int row);
  int above_segments(Segment* to, int layer, int t, int panel, int row);
  void back_into_states(const rnnscope_chunk& chunk, int layer, Scratch& scratch, Lanes lanes);

  // Gradients, each thread its share.
  void gradients(const rnnscope_chunk& chunk, int thread);
  void matrix_gradient(const std::vector<Part>& parts, int units, int64_t out_stride, int64_t a_stride, const char* b,
                       int columns, int64_t rows, int thread);
  void symbol_gradient(const rnnscope_chunk& chunk, const Term& term, const Phase& phase, int thread);
  static bool reads_symbols(const Phase& phase, int column);
  void vector_gradients(const rnnscope_chunk& chunk, int layer, int thread);

  Block block(int layer, int t, int row, int rows, int first_slab, int slabs);
  Lanes lanes_of(int thread) const;
  char* at(char* plane, int64_t row, int64_t unit) const { return plane + (row * stride_ + unit) * number_bytes_; }
  int slabs_in_panel(const Phase& phase) const;
  int words(int numbers) const { return (numbers + per_word_ - 1) / per_word_; }
  char* entering(int layer, int t);  // what a layer reads at step t: h of the layer below, after dropout
  int parameters_of_layer() const { return cell_.window ? 2 : FURTHER + cell_.further; }
  int bias_ih() const { return cell_.window ? 1 : BIAS_IH; }  // its place among the parameters of a layer
  int64_t table_rows() const { return int64_t{shape_.window} * (shape_.vocabulary + 1); }
  int64_t ids_stride() const { return int64_t{steps_} * lanes_; }  // from a symbol of a window to the one before it

  const Kernels& kernels_;
  const StoredKernels& stored_;
  const Cell& cell_;
  const Shape shape_;
  const int width_, slabs_, per_word_, number_bytes_;
  int64_t stride_, output_stride_;
  int output_vectors_, back_panels_;
  int lanes_ = 0, steps_ = 0;  // of the chunk being worked on
  bool keep_ = true;           // whether planes of all steps are kept, or those of one

  std::unique_ptr<char, void (*)(void*)> memory_{nullptr, nullptr};
  std::unique_ptr<char, void (*)(void*)> dropped_{nullptr, nullptr};
  std::vector<Layer> layers_;
  std::vector<Scratch> scratch_;
  Packed output_;
  float* output_bias_ = nullptr;
  char* d_logits_ = nullptr;
  float *carry_ = nullptr, *d_h_ = nullptr;  // [B, stride] of the layer being worked on, where the cell has such
  double* losses_ = nullptr;                 // [T, B]
  std::unique_ptr<Threads> threads_;
};

}  // namespace rnnscope

#endif
