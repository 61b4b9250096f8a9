// Runs rows of numbers through an emulated network, side by side in worker processes.
//
// Usage: run LIBRARY ENTRY INPUTS OUTPUTS ROWS INPUT_SIZE OUTPUT_SIZE WORKERS
//
// INPUTS and OUTPUTS hold float64 rows; OUTPUTS has its full size before. Each worker takes an
// unbroken share of the rows and loads the library for itself, so that nothing is shared by two:
// neither pipes, nor weights that a library reads when it is first called. A worker that ends
// before its share is done is told by how it ended, and in which row.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <exception>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using Network = void (*)(double *, double *);

struct Task {
    const char *library, *entry;
    const double *inputs;
    double *outputs;
    long rows, input_size, output_size;
};

[[noreturn]] void give_up(const char *what, const char *why) {
    std::fprintf(stderr, "%s: %s\n", what, why);
    std::_Exit(2);
}

// The file's bytes, of exactly the size that is expected.
void *mapped(const char *path, long size, bool writable) {
    const int file = open(path, writable ? O_RDWR : O_RDONLY);
    struct stat found;
    if (file < 0 || fstat(file, &found) != 0)
        give_up(path, std::strerror(errno));
    if (found.st_size != size)
        give_up(path, "is not of the size that was announced");
    // Networks take their inputs by pointers that are not const: a private copy, made on writing.
    void *bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, writable ? MAP_SHARED : MAP_PRIVATE,
                       file, 0);
    if (bytes == MAP_FAILED)
        give_up(path, std::strerror(errno));
    close(file);
    return bytes;
}

void work(const Task &task, long last, volatile long &row) {
    void *library = dlopen(task.library, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        give_up("the library cannot be loaded", dlerror());
    const auto network = reinterpret_cast<Network>(dlsym(library, task.entry));
    if (network == nullptr)
        give_up("the library has no such entry point", dlerror());
    try {
        for (; row < last; row = row + 1)
            network(const_cast<double *>(task.inputs) + row * task.input_size,
                    task.outputs + row * task.output_size);
    } catch (const std::exception &error) {
        give_up("the library throws an exception", error.what());
    }
}

// How a worker ended, where its share is not done.
bool told(int status, long first, long last, long row) {
    if (row >= last && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return false;
    std::fprintf(stderr, "a worker with rows %ld to %ld ended in row %ld with ", first, last - 1, row);
    if (WIFSIGNALED(status))
        std::fprintf(stderr, "signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        std::fprintf(stderr, "exit code %d\n", WEXITSTATUS(status));
    return true;
}

long share(const Task &task, long workers, long worker) { return task.rows * worker / workers; }

pid_t start(const Task &task, long workers, long worker, volatile long &row) {
    row = share(task, workers, worker);
    const pid_t child = fork();
    if (child < 0)
        give_up("no worker can be started", std::strerror(errno));
    if (child == 0) {
        work(task, share(task, workers, worker + 1), row);
        std::fflush(nullptr);
        std::_Exit(0); // without the library's destructors, which compute nothing
    }
    return child;
}

} // namespace

int main(int count, char **argument) {
    if (count != 9)
        give_up(argument[0], "wants 8 arguments");
    Task task{argument[1], argument[2], nullptr, nullptr, std::atol(argument[5]),
              std::atol(argument[6]), std::atol(argument[7])};
    const long workers = std::atol(argument[8]), number = sizeof(double);
    task.inputs =
        static_cast<double *>(mapped(argument[3], task.rows * task.input_size * number, false));
    task.outputs =
        static_cast<double *>(mapped(argument[4], task.rows * task.output_size * number, true));
    // The row that each worker is in, readable after its end.
    void *rows = mmap(nullptr, workers * sizeof(long), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t *children = static_cast<pid_t *>(std::calloc(workers, sizeof(pid_t)));
    if (rows == MAP_FAILED || children == nullptr)
        give_up("no memory for the workers", std::strerror(errno));
    volatile long *row = static_cast<volatile long *>(rows);
    for (long i = 0; i < workers; ++i)
        children[i] = start(task, workers, i, row[i]);
    bool failed = false;
    for (long i = 0; i < workers; ++i) {
        int status = 0;
        if (waitpid(children[i], &status, 0) < 0)
            give_up("a worker cannot be waited for", std::strerror(errno));
        failed |= told(status, share(task, workers, i), share(task, workers, i + 1), row[i]);
    }
    return failed;
}
