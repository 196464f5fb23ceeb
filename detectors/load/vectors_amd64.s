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

// func productAVX2(x, y []float64) float64
TEXT ·productAVX2(SB), NOSPLIT, $0-56
	MOVQ   x_base+0(FP), SI
	MOVQ   x_len+8(FP), CX
	MOVQ   y_base+24(FP), DI
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3

next:
	VMOVUPD (SI), Y4
	VMOVUPD 32(SI), Y5
	VMOVUPD 64(SI), Y6
	VMOVUPD 96(SI), Y7
	VMULPD  (DI), Y4, Y4
	VMULPD  32(DI), Y5, Y5
	VMULPD  64(DI), Y6, Y6
	VMULPD  96(DI), Y7, Y7
	VADDPD  Y4, Y0, Y0
	VADDPD  Y5, Y1, Y1
	VADDPD  Y6, Y2, Y2
	VADDPD  Y7, Y3, Y3
	ADDQ    $128, SI
	ADDQ    $128, DI
	SUBQ    $16, CX
	JNZ     next

	VADDPD       Y1, Y0, Y0
	VADDPD       Y3, Y2, Y2
	VADDPD       Y2, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPD       X1, X0, X0 // lanes 0 and 2, 1 and 3
	VPERMILPD    $1, X0, X1
	VADDSD       X1, X0, X0
	VMOVSD       X0, ret+48(FP)
	VZEROUPPER
	RET

DATA seventh<>+0(SB)/8, $0.14285714285714285
GLOBL seventh<>(SB), RODATA|NOPTR, $8

// func aboveWeekAVX2(x, kw []float64)
TEXT ·aboveWeekAVX2(SB), NOSPLIT, $0-48
	MOVQ         x_base+0(FP), DI
	MOVQ         x_len+8(FP), CX
	MOVQ         kw_base+24(FP), SI
	VBROADCASTSD seventh<>(SB), Y0

next:
	VMOVUPD (SI), Y1
	VADDPD  192(SI), Y1, Y1
	VADDPD  384(SI), Y1, Y1
	VMOVUPD 576(SI), Y2
	VADDPD  Y2, Y1, Y1
	VADDPD  768(SI), Y1, Y1
	VADDPD  960(SI), Y1, Y1
	VADDPD  1152(SI), Y1, Y1
	VMULPD  Y0, Y1, Y1
	VSUBPD  Y1, Y2, Y2
	VMOVUPD Y2, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $4, CX
	JNZ     next
	VZEROUPPER
	RET

DATA clear<>+0(SB)/8, $4.0 // clearAt²
GLOBL clear<>(SB), RODATA|NOPTR, $8

// func markEventsAVX2(marks []uint8, kw, innovations, weights []float64)
TEXT ·markEventsAVX2(SB), NOSPLIT, $0-96
	MOVQ         marks_base+0(FP), DI
	MOVQ         kw_base+24(FP), SI
	MOVQ         innovations_base+48(FP), DX
	MOVQ         weights_base+72(FP), R8
	MOVQ         weights_len+80(FP), CX
	VBROADCASTSD clear<>(SB), Y0

next:
	VMOVUPD   (R8), Y1
	VMOVUPD   (DX), Y2
	VMULPD    Y2, Y2, Y2
	VMULPD    Y1, Y2, Y2
	VCMPPD    $30, Y0, Y2, Y2   // greater than, false of NaN: a step
	VMOVUPD   8(SI), Y3
	VSUBPD    (SI), Y3, Y4      // less the hour before
	VSUBPD    16(SI), Y3, Y5    // less the hour after
	VMULPD    Y5, Y4, Y6
	VMULPD    Y1, Y6, Y6
	VMULPD    Y4, Y4, Y4
	VMULPD    Y1, Y4, Y4
	VMULPD    Y5, Y5, Y5
	VMULPD    Y1, Y5, Y5
	VCMPPD    $30, Y0, Y4, Y4
	VCMPPD    $30, Y0, Y5, Y5
	VCMPPD    $30, Y0, Y6, Y6
	VANDPD    Y5, Y4, Y4
	VANDPD    Y6, Y4, Y4        // a dip
	VORPD     Y4, Y2, Y2
	VMOVMSKPD Y2, AX
	MOVB      AX, (DI)
	INCQ      DI
	ADDQ      $32, SI
	ADDQ      $32, DX
	ADDQ      $32, R8
	SUBQ      $4, CX
	JNZ       next
	VZEROUPPER
	RET

// func sumsAVX2(v *[cells]float64) (all, squares float64)
TEXT ·sumsAVX2(SB), NOSPLIT, $0-24
	MOVQ   v+0(FP), SI
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	MOVQ   $12, CX

next:
	VMOVUPD (SI), Y2
	VADDPD  Y2, Y0, Y0
	VMULPD  Y2, Y2, Y2
	VADDPD  Y2, Y1, Y1
	ADDQ    $32, SI
	DECQ    CX
	JNZ     next

	VEXTRACTF128 $1, Y0, X2
	VADDPD       X2, X0, X0 // lanes 0 and 2, 1 and 3
	VPERMILPD    $1, X0, X2
	VADDSD       X2, X0, X0
	VMOVSD       X0, all+8(FP)
	VEXTRACTF128 $1, Y1, X2
	VADDPD       X2, X1, X1
	VPERMILPD    $1, X1, X2
	VADDSD       X2, X1, X1
	VMOVSD       X1, squares+16(FP)
	VZEROUPPER
	RET

// func levelsAVX2(of *[cells]int32, v *[cells]float64, from, by float64)
TEXT ·levelsAVX2(SB), NOSPLIT, $0-32
	MOVQ         of+0(FP), DI
	MOVQ         v+8(FP), SI
	VBROADCASTSD from+16(FP), Y0
	VBROADCASTSD by+24(FP), Y1
	VPXOR        X3, X3, X3
	VPCMPEQD     X4, X4, X4
	VPSRLD       $27, X4, X4    // levels-1
	MOVQ         $12, CX

next:
	VMULPD      (SI), Y1, Y2
	VADDPD      Y2, Y0, Y2
	VCVTTPD2DQY Y2, X2
	VPMINSD     X4, X2, X2
	VPMAXSD     X3, X2, X2
	VMOVDQU     X2, (DI)
	ADDQ        $32, SI
	ADDQ        $16, DI
	DECQ        CX
	JNZ         next
	VZEROUPPER
	RET
