// A C++ program that ends in the way its first argument names. Its libraries say
// why on stderr and abort.
#include <cassert>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <unistd.h>

struct Base {
	Base() { call(); }
	void call() { pure(); }
	virtual void pure() = 0;
};
struct Derived : Base {
	void pure() override {}
};

static void *volatile block;

__attribute__((noinline)) static void smash(volatile size_t n) {
	char small[8];
	for (volatile size_t i = 0; i < n; i++)
		((volatile char *)small)[i] = 'a';
}

int main(int argc, char **argv) {
	std::string way = argc > 1 ? argv[1] : "";
	if (way == "abort")
		abort();
	if (way == "assert")
		assert(argc == 17);
	if (way == "double-free") {
		block = malloc(24);
		free(block);
		free(block);
	}
	if (way == "bad-free") {
		block = malloc(24);
		free((char *)block - 16);
	}
	if (way == "smash")
		smash(64);
	if (way == "throw")
		throw std::runtime_error("no such coupon");
	if (way == "throw-int")
		throw 7;
	if (way == "pure-virtual")
		Derived d;
	if (way == "segv")
		*(volatile int *)8 = 1;
	if (way == "said-long-ago") {
		fprintf(stderr, "free(): invalid pointer, said a customer\n");
		for (int i = 0; i < 1000; i++)
			fprintf(stderr, "line %d\n", i);
		abort();
	}
	if (way == "half-line") {
		fprintf(stderr, "terminate called by a customer");
		fflush(stderr);
		raise(SIGKILL);
	}
	return 0;
}
