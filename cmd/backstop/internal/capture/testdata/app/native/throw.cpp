#include <stdexcept>

extern "C" void crash_throw(void) { throw std::runtime_error("stock ledger is corrupt"); }
