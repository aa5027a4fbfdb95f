#include "textflag.h"

// onBell is the handler of the bell, as the kernel calls it: DX is the ucontext_t of
// the thread, in which 144 is its RAX, 104 its RDI and 168 its RIP
// (asm/ucontext.h, asm/sigcontext.h). PTRACE_SEIZE that sleeps is begun anew
// after a handler, whatever SA_RESTART says (kernel/ptrace.c, ptrace_attach:
// ERESTARTNOINTR), which the kernel does by setting RAX and RIP back. Where they
// are so, the call ends with EINTR (4) instead.
TEXT onBell<>(SB), NOSPLIT|NOFRAME, $0
	CMPQ 144(DX), $101    // SYS_PTRACE
	JNE  done
	CMPQ 104(DX), $0x4206 // PTRACE_SEIZE
	JNE  done
	MOVQ 168(DX), AX
	CMPW (AX), $0x050f    // the instruction SYSCALL
	JNE  done
	MOVQ $-4, 144(DX)
	ADDQ $2, 168(DX)

done:
	RET

// onBellAt is where it is: the value of a function of Go would be another one, that
// calls it as Go does.
GLOBL ·onBellAt(SB), RODATA, $8
DATA ·onBellAt(SB)/8, $onBell<>(SB)
