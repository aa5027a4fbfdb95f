//go:build gc && !backstop_noasm

#include "textflag.h"

// The descriptor is what the thread-local variable TLS points to (runtime's
// go_tls.h, get_tls and g). This two-instruction form is the one that the
// assembler adapts to each system and to PIE (cmd/internal/obj/x86/obj6.go,
// progedit).

// func word(offset uintptr) uint64
TEXT ·word(SB), NOSPLIT, $0-16
	MOVQ TLS, CX
	MOVQ 0(CX)(TLS*1), AX
	MOVQ offset+0(FP), BX
	MOVQ (AX)(BX*1), AX
	MOVQ AX, ret+8(FP)
	RET
