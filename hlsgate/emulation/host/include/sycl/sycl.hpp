// The few SYCL names that hls4ml's oneAPI projects use, for an ordinary C++17 compiler.
//
// No device, no queue, no scheduling: a kernel is a function that runs when it is submitted, and
// a pipe is an unbounded first-in-first-out buffer. hls4ml submits kernels in layer order, so
// every value is written before it is read. The arithmetic is that of the ac_types headers.
//
// Source of the names: the projects written by hls4ml 1.3.0's oneAPI backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#define SYCL_EXTERNAL

namespace sycl {

using exception = std::runtime_error;
using exception_list = std::vector<std::exception_ptr>;

enum class aspect { usm_host_allocations };

namespace info::device {
struct name {
    using return_type = std::string;
};
} // namespace info::device

class device {
  public:
    bool has(aspect) const { return true; }
    template <class Param> typename Param::return_type get_info() const { return "host (hlsgate)"; }
};

class event {
  public:
    void wait() {}
};

namespace property::queue {
struct enable_profiling {};
} // namespace property::queue

class queue {
  public:
    template <class... Ignored> explicit queue(Ignored &&...) {}
    template <class KernelName = void, class Kernel> event single_task(Kernel kernel) {
        kernel();
        return {};
    }
    device get_device() const { return {}; }
    void wait() {}
};

namespace ext::oneapi::experimental {

struct properties_tag {};

// Properties steer hardware only; on a host they carry nothing.
template <class... Property> struct properties {
    constexpr explicit properties(Property...) {}
};

} // namespace ext::oneapi::experimental

namespace ext::intel {

struct host_selector {};
inline constexpr host_selector fpga_emulator_selector_v{};
inline constexpr host_selector fpga_simulator_selector_v{};
inline constexpr host_selector fpga_selector_v{};

namespace experimental {

template <int... Value> struct host_property {};
template <int Cycles> inline constexpr host_property<Cycles> ready_latency{};
template <int... Option> inline constexpr host_property<Option...> streaming_interface{};
template <int... Option> inline constexpr host_property<Option...> pipelined{};

// Same template parameters as Intel's pipe: hls4ml takes it apart to find the value type.
template <class Name, class T, int32_t MinCapacity = 0,
          class Properties = oneapi::experimental::properties<>, class = void>
class pipe {
    // One buffer for each thread, so that threads may emulate side by side.
    static inline thread_local std::deque<T> buffer;

  public:
    using value_type = T;
    static constexpr int32_t min_capacity = MinCapacity;

    static void write(const T &value) { buffer.push_back(value); }
    static void write(const T &value, bool &success) {
        success = true;
        write(value);
    }
    static void write(queue &, const T &value) { write(value); }

    // Hardware would wait here for ever; nothing on a host can fill the pipe meanwhile.
    static T read() {
        if (buffer.empty())
            throw exception("a kernel reads from an empty pipe");
        T value = std::move(buffer.front());
        buffer.pop_front();
        return value;
    }
    static T read(bool &success) {
        success = !buffer.empty();
        return success ? read() : T{};
    }
    static T read(queue &) { return read(); }
};

} // namespace experimental
} // namespace ext::intel
} // namespace sycl
