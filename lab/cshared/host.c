//go:build ignore

/* A host in C: it lets the Go library serve, and then, in two of the scenarios,
   dies by itself. */

#include <stdlib.h>
#include <string.h>

extern void Serve(char *name);

int main(int argc, char **argv) {
	if (argc < 2)
		return 97;
	Serve(argv[1]);
	if (strcmp(argv[1], "cshared-3") == 0) {
		int *volatile order = 0;
		*(volatile int *)order = 1;
	}
	if (strcmp(argv[1], "cshared-4") == 0)
		abort();
	return 0;
}
