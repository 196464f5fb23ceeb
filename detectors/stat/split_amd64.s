#include "textflag.h"

// func splitAVX2(x, others []float64, pivot float64, orders *[16][8]int32) (below int)
//
// Four values at a time are put in order of being less, and the whole vector stored in
// both places; the next one overwrites what does not belong there. What is stored in x has been
// read before.
TEXT ·splitAVX2(SB), NOSPLIT, $0-72
	MOVQ         x_base+0(FP), SI
	MOVQ         x_len+8(FP), CX
	MOVQ         others_base+24(FP), DI
	VBROADCASTSD pivot+48(FP), Y0
	MOVQ         orders+56(FP), R8
	MOVQ         SI, DX              // where the next less one goes

next:
	VMOVUPD   (SI), Y1
	VCMPPD    $17, Y0, Y1, Y2        // less than, false of NaN
	VMOVMSKPD Y2, AX
	POPCNTL   AX, BX
	MOVQ      AX, R9
	XORQ      $15, R9
	SHLQ      $5, AX
	SHLQ      $5, R9
	VMOVDQU   (R8)(AX*1), Y3
	VPERMD    Y1, Y3, Y4
	VMOVUPD   Y4, (DX)
	LEAQ      (DX)(BX*8), DX
	VMOVDQU   (R8)(R9*1), Y5
	VPERMD    Y1, Y5, Y6
	VMOVUPD   Y6, (DI)
	NEGQ      BX
	LEAQ      32(DI)(BX*8), DI
	ADDQ      $32, SI
	SUBQ      $4, CX
	JNZ       next

	SUBQ x_base+0(FP), DX
	SHRQ $3, DX
	MOVQ DX, below+64(FP)
	VZEROUPPER
	RET
