#include <stddef.h>
#include <stdint.h>

void visit_orders(uintptr_t visit);
void visit_or_give_up(uintptr_t visit);
void give_up(void);
void end_thread(void);
void visit_on_thread(uintptr_t visit, size_t stack);
void fault_on_thread(void);
void abort_on_thread(void);
