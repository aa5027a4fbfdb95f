#include <stdexcept>
#include <string>

extern "C" int parse(const char *s) {
  if (!s) throw std::invalid_argument("s"); // want
  return 0;
}

extern "C" {

int first(int n) {
  if (n < 0)
    throw n; // want
  return n;
}

// It catches what it throws.
int second(int n) {
  try {
    if (n < 0) { throw n; }
    return n;
  } catch (...) {
    return -1;
  }
}

int third(int n) {
  try {
    return n;
  } catch (int e) {
    throw; // want
  }
}

// A comment does not throw, nor does "throw" in a string.
const char *fourth() { return "throw }"; /* throw */ }

}  // extern "C"

// All of the function is one try block.
extern "C" int fifth(int n) try {
  if (n < 0) throw n;
  return n;
} catch (...) {
  return -1;
}

// A declaration: its body is elsewhere.
extern "C" int sixth(int n);

// Go cannot call it.
static int helper(int n) {
  if (n < 0) throw n;
  return 1'000;
}

int seventh(int n) noexcept(false) { throw n; }
