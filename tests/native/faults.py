"""Wrong pieces for the library's sources, each of a kind that happens: every one must be seen by a proof.

A fault fits while `old` stands in its file exactly once; one that no longer fits fails its test, and is to be planted
anew where that code went.
"""

from __future__ import annotations

from .workshop import Fault

NETWORK, PACKING, READING = "native/network.cpp", "native/weights.cpp", "native/forward.cpp"
BACK, GRADIENTS = "native/back.cpp", "native/gradients.cpp"
ROWS, PRODUCTS, VECTOR, SAMPLING = "native/rows.h", "native/products.h", "native/vector.h", "native/sampling.cpp"
LSTM, PEEPHOLE, COUPLED = (f"cells/{cell}/kernel.cpp" for cell in ("lstm", "lstm_peephole", "lstm_coupled"))
RNN, GRU, GRU_TORCH = (f"cells/{cell}/kernel.cpp" for cell in ("rnn", "gru", "gru_torch"))

WEIGHTS = [
    Fault(PACKING, "(hh < 0 ? 0 : weights[BIAS_HH][hh * H + unit])", "0"),
    Fault(PACKING, "if (symbols) out += vectors * W;", "(void)0;"),
    Fault(PACKING, "term.blocks[j]) * H + s * W) * size", "term.blocks[0]) * H + s * W) * size"),
    Fault(PACKING, "u < V ? bias[u] : IMPOSSIBLE", "u < V ? bias[u] : 0"),
    Fault(PACKING, "weights[FURTHER + i], sizeof(float)", "weights[FURTHER], sizeof(float)", "lstm-peephole-diagonal"),
    Fault(PACKING, "return item++ % threads_->count() == thread;", "return item++ % 3 == thread;"),
    Fault(PRODUCTS, "load_up_to(p + WIDTH, count - WIDTH)", "load_up_to(p, count - WIDTH)", "lstm", "bfloat16"),
    Fault(PRODUCTS, "k + 1 < rows ? count - n : 0", "count - n", "lstm", "bfloat16"),
    Fault(PRODUCTS, "count > 0 ? load_first(p, count)", "count > 1 ? load_first(p, count)"),
    Fault(VECTOR, "(WIDTH + PLACE) / 2", "PLACE / 2"),
    Fault(ROWS, "+ 1) + symbol) * some * WIDTH;", "+ 1) + 1) * some * WIDTH;"),
]

FORWARD = [
    Fault(READING, "? at(here.h, int64_t{t} * lanes_, 0)", "? at(here.h, int64_t{t ? t - 1 : 0} * lanes_, 0)"),
    Fault(READING, "below.kept ? below.dropped : below.h", "below.h"),
    Fault(READING, "row = int64_t{steps_} * lanes_ + b, out", "row = int64_t{steps_ - 1} * lanes_ + b, out"),
    Fault(READING, "copy(stored_, at(here.h, after, 0)", "copy(stored_, at(here.h, before, 0)"),
    Fault(READING, "const float* memory = here.memory + after", "const float* memory = here.memory + before"),
    Fault(READING, "layer * (1 + cell_.memory_is_state + cell_.gates)", "layer * (1 + cell_.gates)"),
    Fault(READING, "return target >= 0; }", "return target > 0; }"),
    Fault(READING, "(scores || !learns)", "(scores && !learns)"),
    Fault(NETWORK, "block.memory_before = here.memory + before", "block.memory_before = here.memory + after"),
    Fault(NETWORK, "chunk.kept ? chunk.kept + first : nullptr", "chunk.kept"),
    Fault(READING, "here.kept + (int64_t{t} * lanes_ + b) * H", "here.kept + int64_t{b} * H"),
    Fault(NETWORK, "chunk.targets[i] >= 0;", "1;"),
    Fault(PRODUCTS, "for (; k < segments[s].words; k++,", "for (; k + 1 < segments[s].words; k++,"),
    Fault(PRODUCTS, "if (done == whole.words) next++, done = 0;", "next++, done = 0;"),
    Fault(ROWS, "if (targets[r] < 0) {", "if (targets[r] < 0 && r) {"),
    Fault(ROWS, "u < count ? load_first(values + u, count - u) : all(0.f)", "all(0.f)"),
    Fault(ROWS, "float log_sum() const { return most + log_total; }", "float log_sum() const { return most; }"),
    Fault(ROWS, "above + positive(log_prob - own)", "above + positive(own - log_prob)"),
    Fault(ROWS, "fma(positive(peak - log_prob), all(FAR), place)", "place"),
    Fault(ROWS, "load(places) + all(static_cast<float>(v * WIDTH))", "load(places)"),
    Fault(VECTOR, "p = fma(p, rest, all(5.55041087e-2f));", "p = fma(p, rest, all(5.5e-2f));"),
    Fault(VECTOR, "return a > limit ? limit : a;", "return a < limit ? a : limit;"),
]

BACKWARD = [
    Fault(BACK, "term.source == Source::extra ? t : t + 1", "t + 1", "gru"),
    Fault(BACK, "if (kept) {", "if (false) {"),
    Fault(BACK, "stage == 0 && t == steps_ - 1 && chunk.d_states", "false"),
    Fault(BACK, "(carried ? carry_[b * stride_ + u] : 0.f)", "0.f"),
    Fault(
        BACK,
        "plain.write(carry_ + b * stride_, carried, carried ? H : 0, padded);",
        "if (l) plain.write(carry_ + b * stride_, carried, carried ? H : 0, padded);",
    ),
    Fault(
        GRADIENTS,
        "here.memory + (cell_.diagonal[i].before ? 0 : lanes_ * stride_)",
        "here.memory",
        "lstm-peephole-diagonal",
    ),
    Fault(GRADIENTS, ": at(here.extra, lanes_, 0);", ": here.extra;", "lstm-peephole-full"),
    Fault(GRADIENTS, "if (phase.bias_hh[c] >= 0) std::copy(sums", "if (false) std::copy(sums"),
    Fault(GRADIENTS, "std::min(last, start + units) - start", "std::min(last, start + units - 1) - start"),
    Fault(GRADIENTS, "* V + v] = table[(v + 1) * vectors * W + u]", "* V + v] = table[v * vectors * W + u]"),
    Fault(PRODUCTS, "words, row == 0, some);", "words, true, some);"),
    Fault(PRODUCTS, "store_first(p, sums[r][v], tail);", "store(p, sums[r][v]);"),
    Fault(PRODUCTS, "words, row == 0, some);", "words, false, some);"),
    Fault(PRODUCTS, "row + 1 < rows ? plane + stride + u : nothing", "plane + u", "lstm", "bfloat16"),
    Fault(ROWS, "memset(table, 0,", "if (!ids[0]) memset(table, 0,"),
    Fault(
        ROWS,
        "store_first(out + u + v * WIDTH, total[v], left);",
        "if (left > 1) store_first(out + u + v * WIDTH, total[v], left);",
    ),
    Fault(ROWS, "logits[targets[r]] -= total;", ""),
    Fault(ROWS, "kept[u] ? sums[u] * scale : 0.f", "kept[u] ? sums[u] : 0.f"),
]

CELLS = [
    Fault(LSTM, "at.h(o * tanh(c));", "at.h(o * c);"),
    Fault(LSTM, "const Vector c = fma(f, at.memory_before(), i * g);", "const Vector c = i * g;"),
    Fault(LSTM, "one - tanh_c * tanh_c, at.carry()", "one, at.carry()"),
    Fault(LSTM, "at.carry(dc * f);", "at.carry(dc);"),
    Fault(LSTM, "at.plane(I, i), at.plane(F, f)", "at.plane(I, f), at.plane(F, i)"),
    Fault(LSTM, "at.plane(F, dc * at.memory_before()", "at.plane(F, dc * at.memory()"),
    Fault(LSTM, "{Source::hidden, WEIGHT_HH, I, 4, {0, 1, 2, 3}}", "{Source::hidden, WEIGHT_HH, I, 4, {1, 0, 2, 3}}"),
    Fault(LSTM, ".bias_hh = {0, 1, 2, 3}", ".bias_hh = {0, 1, 3, 2}"),
    Fault(PEEPHOLE, "fma(d_o, at.diagonal(2), at.carry())", "at.carry()", "lstm-peephole-diagonal"),
    Fault(PEEPHOLE, "d_f * at.diagonal(1)", "d_f * at.diagonal(0)", "lstm-peephole-diagonal"),
    Fault(
        PEEPHOLE,
        "fma(at.diagonal(2), c, at.sum(O))",
        "fma(at.diagonal(2), before, at.sum(O))",
        "lstm-peephole-diagonal",
    ),
    Fault(
        PEEPHOLE,
        "{Source::extra, FURTHER + 2, 0, 1, {0}}",
        "{Source::extra_before, FURTHER + 2, 0, 1, {0}}",
        "lstm-peephole-full",
    ),
    Fault(PEEPHOLE, "at.extra(c);", "", "lstm-peephole-full", "bfloat16"),
    Fault(
        PEEPHOLE,
        "at.cotangent() + at.carry();\n    const Vector i",
        "at.carry();\n    const Vector i",
        "lstm-peephole-full",
    ),
    Fault(COUPLED, "dc * (at.memory_before() - g) * f", "dc * at.memory_before() * f", "lstm-coupled"),
    Fault(COUPLED, "dc * (one - f) * (one - g * g)", "dc * f * (one - g * g)", "lstm-coupled"),
    Fault(COUPLED, "fma(f, at.memory_before() - g, g)", "fma(f, at.memory_before(), g)", "lstm-coupled"),
    Fault(RNN, "return all(1.f) - y * y;", "return all(1.f);", "rnn-tanh"),
    Fault(RNN, "return y * (all(1.f) - y);", "return all(1.f) - y;", "rnn-sigmoid"),
    Fault(RNN, "return positive(y);", "return all(1.f);", "rnn-relu"),
    Fault(GRU, "at.carry(fma(d_reset, r, at.carry()));", "", "gru"),
    Fault(GRU, "at.carry(dh * (one - z));", "at.carry(dh * z);", "gru"),
    Fault(GRU, "at.extra(r * at.memory_before());", "at.extra(z * at.memory_before());", "gru"),
    Fault(GRU_TORCH, "at.plane(NH, dn * r);", "at.plane(NH, dn);", "gru-torch"),
    Fault(GRU_TORCH, ".bias_hh = {-1, 0, 1, 2}", ".bias_hh = {2, 0, 1, -1}", "gru-torch"),
    Fault(
        GRU_TORCH, "at.plane(Z, dh * (at.memory_before() - n)", "at.plane(Z, dh * (n - at.memory_before())", "gru-torch"
    ),
]

REST = [
    Fault(SAMPLING, "log_probs[v] > log_probs[best]", "log_probs[v] >= log_probs[best]"),
    Fault(SAMPLING, "std::upper_bound(edges, edges + symbols,", "std::lower_bound(edges, edges + symbols,"),
    Fault(SAMPLING, "if (leads) restart(layer, mine);", ";"),
    Fault(SAMPLING, "- log_probs[best]) / temperature", "- log_probs[best]) * temperature"),
    Fault(ROWS, "return limit > 0 ? at_least(at_most(", "return limit > 1 ? at_least(at_most("),
    Fault(ROWS, "if (at < count) f(at,", "if (at + 1 < count) f(at,"),
    Fault(ROWS, "(square_root(s) / root + all(epsilon))", "(square_root(s) + all(epsilon))"),
    Fault(ROWS, "load_some(mean_squares + i, some), fresh * g * g)", "load_some(mean_squares + i, some), fresh * g)"),
]

WINDOWS = [
    Fault(PACKING, "out += (int64_t{V} + 1) * vectors * W)", "out += int64_t{V} * vectors * W)", "window"),
    Fault(ROWS, "lookup->ids[k * lookup->ids_stride + r] + 1", "lookup->ids[r] + 1", "window"),
    Fault(ROWS, "ids[k * ids_stride + i] + 1", "ids[i] + 1", "window"),
    Fault(GRADIENTS, "float total = table[u];", "float total = 0;", "window"),
    Fault(GRADIENTS, "out + (int64_t{k} * V + v) * H + unit", "out + (int64_t{k} * V + v) * H", "window"),
]

FAULTS = [*WEIGHTS, *FORWARD, *BACKWARD, *CELLS, *REST, *WINDOWS]
