void read_null(void);
void read_unmapped(void);
int divide(int by);
void recurse(void);
void smash_stack(int length);
void free_twice(void);
void smash_heap(void);
void read_freed(void);
