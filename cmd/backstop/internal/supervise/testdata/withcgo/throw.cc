#include <stdexcept>

extern "C" void throw_coupon(void) { throw std::runtime_error("no such coupon"); }
