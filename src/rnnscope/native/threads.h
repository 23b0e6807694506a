// A few threads that wait for work, and a meeting point inside the work.
//
// One that waits looks for up to a millisecond, since the next call or the last thread often comes within that time,
// and keeps offering the processor to others meanwhile; then it sleeps. So it never burns what another process needs.
#ifndef RNNSCOPE_THREADS_H
#define RNNSCOPE_THREADS_H

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace rnnscope {

class Threads {
 public:
  // Throws std::system_error where a thread cannot be started.
  explicit Threads(int count);
  ~Threads();
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  int count() const { return count_; }

  // Calls work(0) on the calling thread and work(1) ... on the others, and returns when all are done.
  void run(const std::function<void(int)>& work);

  // Waits inside `work` until every thread has come here.
  void meet();

 private:
  void serve(int index);
  void end();

  int count_;
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<int> round_{0}, arrived_{0}, meeting_{0};
  bool ending_ = false;
  std::vector<std::thread> others_;
};

}  // namespace rnnscope

#endif
