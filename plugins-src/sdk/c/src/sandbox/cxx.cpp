// What the C++ library asks of a platform, so that it needs none: memory from the C library, and a trap where it
// would print a message and end.
#include <cstdlib>
#include <new>

void *operator new(std::size_t size) {
    void *memory = std::malloc(size ? size : 1);
    if (!memory) __builtin_trap();
    return memory;
}
void *operator new[](std::size_t size) { return operator new(size); }
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete[](void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void *memory, std::size_t) noexcept { std::free(memory); }

extern "C" void __cxa_pure_virtual() { __builtin_trap(); }

namespace std {
inline namespace __1 {
[[noreturn]] void __libcpp_verbose_abort(const char *, ...) noexcept { __builtin_trap(); }
} // namespace __1
} // namespace std
