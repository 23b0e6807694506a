// What the compiled paths offer to the network, and what a cell says of itself. No instruction set is named here.
//
// The network (network.cpp) holds the plan of a pass and all memory; the kernels compute on plain rows of numbers. Rows
// of a plane follow each other at a fixed distance, and a plane is stored as float32 or, where operands of products are
// rounded, as bfloat16. Units are worked on in slabs of one vector; what lies beyond the last unit is padding.
//
// Dimension letters: T steps, B lanes, V symbols, L layers, H units (cells) of a layer, W numbers in a vector.
#ifndef RNNSCOPE_KERNELS_H
#define RNNSCOPE_KERNELS_H

#include <stdint.h>

namespace rnnscope {

constexpr int MOST_COLUMNS = 4;   // pre-activations of one unit, and planes kept for the way back
constexpr int PANEL_VECTORS = 4;  // vectors that are computed side by side
constexpr int WEIGHT_IH = 0, WEIGHT_HH = 1, BIAS_IH = 2, BIAS_HH = 3, FURTHER = 4;  // parameters of a layer, in order
constexpr int ROW_BLOCK = 64;  // rows whose sums wait in the first-level cache for their cell

// ---- what a cell says of itself

enum class Source {
  input,         // what enters the layer at this step
  hidden,        // h of the step before
  extra_before,  // the cell's own operand (Block::extra), as the step before left it
  extra,         // the same, as this step leaves it
};

// One matrix product: columns [first, first + count) get block blocks[i] of parameter `weight` times the source.
struct Term {
  Source source{};
  int weight{};  // WEIGHT_IH, WEIGHT_HH, or FURTHER and on
  int first{}, count{};
  int blocks[MOST_COLUMNS]{};
};

struct Block;
using Pointwise = void (*)(const Block&);

// A phase sums `columns` pre-activations for every unit, then the cell computes from them.
struct Phase {
  int columns{};
  int planes[MOST_COLUMNS]{};   // where the way back leaves the cotangent of each column
  int bias_ih[MOST_COLUMNS]{};  // block of bias_ih that each column adds, -1 for none
  int bias_hh[MOST_COLUMNS]{};
  int terms{};
  Term term[4]{};
  Pointwise forward[2]{};  // for planes of float32, of bfloat16
};

// A parameter FURTHER + i with one number for each unit, which the cell's kernel multiplies with the memory.
struct Diagonal {
  int plane{};    // where the way back leaves the cotangent of what it adds to
  bool before{};  // whether that memory is the one of the step before
};

struct Cell {
  const char* name{};
  const char* variant{};
  bool window{};  // no recurrence and no states: reads a window of symbols, weights [n, V, H] and one bias
  int blocks{};   // G: blocks of H rows in the weights
  int gates{};    // recorded gates; gate i is plane gate_planes[i]
  int gate_planes[MOST_COLUMNS]{};
  int planes{};            // kept for the way back, which overwrites them with cotangents
  bool memory_is_state{};  // a second state c in float32, which the way back carries
  bool h_is_memory{};      // h is carried by the way back, and kept in float32 beside its rounded form
  bool has_extra{};        // a plane that is an operand of products
  bool extra_is_memory{};  // that plane is the memory, rounded
  int further{};           // parameters beyond weights and biases: [H, H] if products use them, else [H]
  int phases{};
  Phase phase[2]{};
  Pointwise backward[2][2]{};  // stage, then as Phase::forward; stage 1 follows the cotangent of `extra`
  int diagonals{};
  Diagonal diagonal[3]{};
};

// Some rows (lanes at one step) and slabs of a layer, as a cell's kernel sees them; all planes at their first number.
struct Block {
  int rows, slabs;
  int64_t stride;     // numbers from a row to the next, in every plane
  const float* sums;  // [rows, slabs, columns, W]; on the way back the cotangent of h or of `extra`, [rows, slabs, W]
  int columns;
  int64_t sums_stride;
  void* planes[MOST_COLUMNS];
  void* h;  // h of this step
  float* memory_before;
  float* memory;  // c, or h in float32; of this step
  void* extra;
  float* carry;  // on the way back: cotangent of the memory
  const float* diagonals[3];
};

// ---- what a path offers

// A run of numbers in a product: `words` words of every row of `a`, times as many rows of packed weights.
struct Segment {
  const void* a;
  int64_t stride;  // words between the rows of a
  const float* weights;
  int words;
};

// Rows of a gradient: columns [first, first + count) of plane `a` give rows [first, ...) of `out`.
struct Part {
  const void* a;
  float* out;
  int first, count;
};

// Rows of tables that symbols choose: for each of the n symbols of a window one table, [V + 1, some, W], row 0 for
// none.
struct Lookup {
  const float* table;
  int first, some;     // which vectors of the sums they are added to
  const int64_t* ids;  // of the first row
  int window;          // n
  int64_t ids_stride;  // from a symbol of the window to the one before it
  int vocabulary;      // V
};

// Kernels that work on stored planes, once for float32 and once for bfloat16.
struct StoredKernels {
  // sums[r, v] += over all segments and their words: a[r, k] weights[k, v]. Weights are [words, vectors, W].
  void (*product)(float* sums, int64_t sums_stride, int rows, int vectors, const Segment* segments, int count);

  // Weights for a product with column vectors: row k of the result is column k of the matrix, for W rows a vector.
  // out [words, vectors, W] starting at vector `at`; source [units, size] with `row_stride`; `units` <= W are there.
  void (*pack_columns)(float* out, int vectors, int at, const float* source, int units, int size, int64_t row_stride);

  // The same for a product with rows: row k of the result is row k of the matrix, `count` <= vectors W numbers of it.
  void (*pack_rows)(float* out, int vectors, const float* source, int rows, int count, int64_t row_stride);

  // out[u, n] = sum over rows of a[row, u] b[row, n], for n < columns; overwrites. scratch: gradient_scratch floats.
  void (*gradient)(const Part* parts, int count, int64_t out_stride, int64_t a_stride, const void* b, int64_t b_stride,
                   int columns, int64_t rows, float* scratch);

  // table[k, id + 1, u], [n, V + 1, vectors W], = sum of a[row, u] over the rows whose k-th symbol has this id.
  void (*scatter)(float* table, int vectors, int vocabulary, const void* a, int64_t stride, const int64_t* ids,
                  int window, int64_t ids_stride, int64_t rows);

  // out[u] = sum over rows of a[row, u], or of a[row, u] memory[row, u] if there is a memory; u < units.
  void (*column_sums)(float* out, const void* a, const float* memory, int64_t stride, int units, int64_t rows);

  void (*read)(float* out, const void* plane, int count);  // one row of a plane
  void (*write)(void* plane, const float* values, int count, int padded);

  // The softmax of rows of logits (padded with very small ones): losses and cotangents, scaled, for targets >= 0.
  void (*cross_entropy)(float* logits, int64_t stride, int rows, int vocabulary, const int64_t* targets, float scale,
                        double* losses, void* d_logits, int64_t d_stride);
};

struct Kernels {
  const char* name;
  int width;                 // W
  const Cell* const* cells;  // closed by a null pointer
  StoredKernels stored[2];   // float32, bfloat16; the latter all null where the path has none
  // sums[r] = bias, plus what the symbols of row r choose if there is a lookup.
  void (*start)(float* sums, int64_t stride, int rows, int vectors, const float* bias, const Lookup* lookup);
  void (*log_softmax)(float* logits, int64_t stride, int rows, int vocabulary);  // in place
  // What the softmax of rows of logits says of targets >= 0; what is null, beside the losses, is left out.
  void (*score)(const float* logits, int64_t stride, int rows, int vocabulary, const int64_t* targets, double* losses,
                float* log_probs, int32_t* ranks, int32_t* best);
  void (*scale)(float* sums, int64_t stride, int rows, int count, const uint8_t* kept, int64_t kept_stride,
                float scale);
  double (*square_sum)(const float* values, int64_t count);
  void (*rmsprop)(float* weights, const float* gradients, float* mean_squares, int64_t count, float rate, double decay,
                  float epsilon, float scale, float limit);
  void (*adam)(float* weights, const float* gradients, float* means, float* mean_squares, int64_t count, float rate,
               double first_decay, double second_decay, float epsilon, float scale, float limit, float first_correction,
               float second_correction);
};

constexpr int64_t GRADIENT_ROWS = 128;  // rows (float32) or pairs of rows of a gradient that are summed at a time
constexpr int GRADIENT_UNITS = 96;      // rows of the result for which they stay in the second-level cache

extern const Kernels kernels_portable, kernels_avx2, kernels_avx512, kernels_avx512bf16;

}  // namespace rnnscope

#endif
