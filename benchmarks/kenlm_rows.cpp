// What `rnnscope bench ngram` asks of a KenLM model: whole distributions, and the probabilities of a text's symbols.
//
//     kenlm_rows MODEL TOKENS TEXT
//
// MODEL is what build_binary wrote, probing or trie. TOKENS has a line for each symbol, in the order of the ids. TEXT
// holds ids as 32-bit integers. Then lines are read: `rows FROM COUNT THREADS` computes log10 p of every symbol at COUNT
// positions and says how many seconds that took; `true FROM COUNT FILE` writes log10 p of the symbols that stand there
// as 32-bit floats. Both begin with the symbols before FROM as context, and every answer is one line.
//
// This is KenLM at its fastest: its concrete model types without virtual calls, word indices looked up once, scores left
// as they are, the state after a true symbol kept from the row it was computed in.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "lm/model.hh"

namespace {

constexpr std::size_t kRowsKept = 8192;

template <class Model>
class Reader {
  public:
    Reader(const Model& model, const std::vector<std::string>& tokens, const std::vector<int32_t>& text)
        : model_(model), text_(text) {
        for (const std::string& token : tokens) words_.push_back(model.GetVocabulary().Index(token));
    }

    lm::ngram::State before(std::size_t position) const {
        lm::ngram::State state = model_.NullContextState(), next;
        for (std::size_t p = position - std::min<std::size_t>(position, KENLM_MAX_ORDER); p < position; ++p) {
            model_.FullScore(state, words_[text_[p]], next);
            state = next;
        }
        return state;
    }

    void rows(std::size_t from, std::size_t count) const {
        std::vector<float> kept(std::min(kRowsKept, count) * words_.size());
        lm::ngram::State state = before(from), next, other;
        for (std::size_t i = 0; i < count; ++i) {
            float* const row = &kept[(i % kRowsKept) * words_.size()];
            const std::size_t came = text_[from + i];
            for (std::size_t v = 0; v < words_.size(); ++v) {
                row[v] = model_.FullScore(state, words_[v], v == came ? next : other).prob;
            }
            state = next;
        }
    }

    void of_true(std::size_t from, std::size_t count, const std::string& file) const {
        std::vector<float> scores(count);
        lm::ngram::State state = before(from), next;
        for (std::size_t i = 0; i < count; ++i) {
            scores[i] = model_.FullScore(state, words_[text_[from + i]], next).prob;
            state = next;
        }
        std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(scores.data()), 4 * count);
    }

    void answer() const {
        for (std::string line; std::getline(std::cin, line);) {
            std::istringstream words(line);
            std::string what, file;
            std::size_t from = 0, count = 0, threads = 1;
            words >> what >> from >> count;
            const auto began = std::chrono::steady_clock::now();
            if (what == "rows") {
                words >> threads;
                std::vector<std::thread> workers;
                for (std::size_t t = 0; t < threads; ++t) {
                    const std::size_t first = count * t / threads, last = count * (t + 1) / threads;
                    workers.emplace_back([=, this] { rows(from + first, last - first); });
                }
                for (std::thread& worker : workers) worker.join();
            } else {
                words >> file;
                of_true(from, count, file);
            }
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
            std::cout << took.count() << std::endl;
        }
    }

  private:
    const Model& model_;
    std::vector<lm::WordIndex> words_;
    const std::vector<int32_t>& text_;
};

template <class Model>
void serve(const char* file, const std::vector<std::string>& tokens, const std::vector<int32_t>& text) {
    lm::ngram::Config config;
    config.load_method = util::POPULATE_OR_READ;
    const Model model(file, config);
    std::cout << "ready" << std::endl;
    Reader<Model>(model, tokens, text).answer();
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 4) {
        std::cerr << "kenlm_rows MODEL TOKENS TEXT\n";
        return 2;
    }
    std::vector<std::string> tokens;
    std::ifstream list(arguments[2]);
    for (std::string token; list >> token;) tokens.push_back(token);
    std::ifstream file(arguments[3], std::ios::binary | std::ios::ate);
    std::vector<int32_t> text(static_cast<std::size_t>(file.tellg()) / 4);
    file.seekg(0).read(reinterpret_cast<char*>(text.data()), 4 * text.size());
    lm::ngram::ModelType type = lm::ngram::PROBING;
    lm::ngram::RecognizeBinary(arguments[1], type);
    if (type == lm::ngram::PROBING) {
        serve<lm::ngram::ProbingModel>(arguments[1], tokens, text);
    } else {
        serve<lm::ngram::TrieModel>(arguments[1], tokens, text);
    }
    return 0;
}
