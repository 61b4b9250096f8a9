// A task of a sequence runs at once; see sycl.hpp.
#pragma once

#include <sycl/sycl.hpp>

namespace sycl::ext::intel::experimental {

template <auto &function, class Properties = void> class task_sequence {
  public:
    template <class... Argument> void async(Argument &&...argument) const {
        function(std::forward<Argument>(argument)...);
    }
    void get() const {}
};

} // namespace sycl::ext::intel::experimental
