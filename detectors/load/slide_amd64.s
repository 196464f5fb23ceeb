#include "textflag.h"

// func slideAVX2(s *slide, nums []float64, up, down []squareBit, num float64) (after float64)
//
// Four hours at a time; one addition an hour would wait for the one before it.
TEXT ·slideAVX2(SB), NOSPLIT, $0-96
	MOVQ         s+0(FP), AX
	MOVQ         0(AX), R8           // entering
	MOVQ         24(AX), R10         // leaving
	MOVQ         48(AX), R9          // enters
	MOVQ         56(AX), R11         // leaves
	MOVQ         64(AX), R12         // inverse
	MOVQ         72(AX), R13         // first
	LEAQ         (R12)(R13*8), R13   // inverse of the day
	ADDQ         $1344, R12          // and where the week ends
	MOVQ         nums_base+8(FP), DI
	MOVQ         up_base+32(FP), SI
	MOVQ         up_len+40(FP), BX   // days
	MOVQ         down_base+56(FP), DX
	VBROADCASTSD num+80(FP), Y0
	VXORPD       Y8, Y8, Y8          // 0
	VPCMPEQD     Y11, Y11, Y11
	VPSRLQ       $1, Y11, Y11        // all bits but the sign

day:
	VMOVAPD Y8, Y9                   // the largest
	VMOVAPD Y8, Y10                  // the least
	XORQ    CX, CX

hours:
	VMOVUPD    (R8)(CX*1), Y1
	VMULPD     (R9)(CX*1), Y1, Y1
	VMOVUPD    (R10)(CX*1), Y2
	VMULPD     (R11)(CX*1), Y2, Y2
	VSUBPD     Y2, Y1, Y1            // t0 t1 t2 t3
	VPERMPD    $0x90, Y1, Y2
	VBLENDPD   $1, Y8, Y2, Y2        // 0 t0 t1 t2
	VADDPD     Y2, Y1, Y1
	VPERM2F128 $0x08, Y1, Y1, Y2     // 0 0 t0 t0+t1
	VADDPD     Y2, Y1, Y1            // running sums
	VPERMPD    $0x90, Y1, Y2
	VBLENDPD   $1, Y8, Y2, Y2
	VADDPD     Y2, Y0, Y2
	VMOVUPD    Y2, (DI)(CX*1)
	VANDPD     Y11, Y2, Y3
	VMULPD     Y3, Y2, Y2
	VMULPD     (R13)(CX*1), Y2, Y2
	VMAXPD     Y2, Y9, Y9
	VMINPD     Y2, Y10, Y10
	VPERMPD    $0xFF, Y1, Y1
	VADDPD     Y1, Y0, Y0
	ADDQ       $32, CX
	CMPQ       CX, $192
	JNE        hours

	VEXTRACTF128 $1, Y9, X1
	VMAXPD       X1, X9, X9
	VPERMILPD    $1, X9, X1
	VMAXSD       X1, X9, X9
	VMOVSD       X9, (SI)
	VEXTRACTF128 $1, Y10, X1
	VMINPD       X1, X10, X10
	VPERMILPD    $1, X10, X1
	VMINSD       X1, X10, X10
	VMOVSD       X10, (DX)
	ADDQ         CX, R8
	ADDQ         CX, R10
	ADDQ         CX, DI
	ADDQ         $8, SI
	ADDQ         $8, DX
	ADDQ         CX, R13
	LEAQ         -1344(R13), AX      // the same hour of the week before
	CMPQ         R13, R12
	CMOVQCC      AX, R13
	DECQ         BX
	JNZ          day

	VMOVSD X0, after+88(FP)
	VZEROUPPER
	RET
