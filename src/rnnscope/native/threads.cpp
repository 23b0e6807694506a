#include "threads.h"

#include <chrono>

namespace rnnscope {
namespace {

constexpr auto PATIENCE = std::chrono::milliseconds(1);
constexpr int LOOKS = 64;  // between two offers of the processor to whoever else wants it

void rest() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// Returns once `value` is no longer `old`.
void wait(const std::atomic<int>& value, int old) {
  const auto end = std::chrono::steady_clock::now() + PATIENCE;
  do {
    for (int i = 0; i < LOOKS; i++, rest()) {
      if (value.load(std::memory_order_acquire) != old) return;
    }
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < end);
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

Threads::Threads(int count) : count_(count) {
  try {
    for (int i = 1; i < count; i++) others_.emplace_back([this, i] { serve(i); });
  } catch (...) {
    end();  // those that did start
    throw;
  }
}

Threads::~Threads() { end(); }

void Threads::end() {
  ending_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (auto& other : others_) other.join();
}

void Threads::serve(int index) {
  for (int round = 0;; round++) {
    wait(round_, round);
    if (ending_) return;
    (*work_)(index);
    meet();
  }
}

void Threads::run(const std::function<void(int)>& work) {
  if (count_ == 1) return work(0);
  work_ = &work;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  work(0);
  meet();
}

void Threads::meet() {
  if (count_ == 1) return;
  const int meeting = meeting_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 < count_) return wait(meeting_, meeting);
  arrived_.store(0, std::memory_order_relaxed);
  meeting_.fetch_add(1, std::memory_order_release);
  meeting_.notify_all();
}

}  // namespace rnnscope
