#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "handlers.h"
#include "memory.h"

static void report(int sig) {
	static const char text[] = "crash reporter: memory fault\n";
	(void)sig;
	if (write(2, text, sizeof text - 1) < 0)
		_exit(3);
}

/* The handler runs once; then the default action holds again and the fault, which
   happens again, ends the process. */
void install_reporter(void) {
	struct sigaction a;
	memset(&a, 0, sizeof a);
	a.sa_handler = report;
	a.sa_flags = SA_ONSTACK | SA_RESETHAND;
	sigaction(SIGSEGV, &a, 0);
}

void default_segv(void) { signal(SIGSEGV, SIG_DFL); }

void read_null_blocked(void) {
	sigset_t all;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, 0);
	read_null();
}

void raise_default_usr1(void) {
	signal(SIGUSR1, SIG_DFL);
	raise(SIGUSR1);
}
