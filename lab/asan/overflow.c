#include <stdlib.h>

#include "overflow.h"

void write_behind(int size) {
	volatile char *volatile name = malloc((size_t)size);
	name[size] = 0;
	free((void *)name);
}
