#include "textflag.h"

// func take(s *Spot, to *byte)
TEXT ·take(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ 8(SP), AX
	MOVQ 0(SP), BX
	MOVQ BX, 0(AX)
	LEAQ 8(SP), BX
	MOVQ BX, 8(AX)
	MOVQ BP, 16(AX)
	LEAQ ·take(SB), BX
	MOVQ BX, 24(AX)
	MOVQ SP, 32(AX)
	MOVQ R14, 40(AX)
	MOVQ SP, 48(AX)
	MOVQ 8(R14), CX // stack.hi
	SUBQ SP, CX
	CMPQ CX, 72(AX)
	JLS  fits
	MOVQ 72(AX), CX
fits:
	MOVQ CX, 56(AX)
	MOVQ SP, SI
	MOVQ 16(SP), DI
	CLD
	REP; MOVSB
	RET

// func G() uintptr
TEXT ·G(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ R14, 8(SP)
	RET

// func Loop()
TEXT ·Loop(SB), NOSPLIT|NOFRAME, $0-0
again:
	PAUSE
	JMP again
