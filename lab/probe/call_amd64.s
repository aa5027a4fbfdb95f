#include "textflag.h"

// func aroundCall() (before, inside, word uintptr)
TEXT ·aroundCall(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ SP, AX
	CALL ·inCall(SB) // leaves its SP in BX, and the word there in CX
	MOVQ AX, before+0(FP)
	MOVQ BX, inside+8(FP)
	MOVQ CX, word+16(FP)
	RET

TEXT ·inCall(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ SP, BX
	MOVQ 0(SP), CX
	RET
