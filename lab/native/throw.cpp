#include <stdexcept>

#include "throw.h"

static void __attribute__((noinline)) post() { throw std::runtime_error("stock ledger is corrupt"); }

void throw_out(void) { post(); }

int throw_and_catch(void) {
	try {
		post();
	} catch (const std::exception &) {
		return 1;
	}
	return 0;
}

static void __attribute__((noinline)) promise() noexcept { post(); }

void throw_noexcept(void) { promise(); }

struct Ledger {
	Ledger();
	virtual ~Ledger() {}
	virtual void open() = 0;
};

struct Stock : Ledger {
	void open() override {}
};

// The call is not made in the constructor itself, where the compiler would see it.
void __attribute__((noinline)) start(Ledger *volatile *ledger) { (*ledger)->open(); }

Ledger::Ledger() {
	Ledger *volatile self = this;
	start(&self);
}

void call_pure_virtual(void) { Stock stock; }
