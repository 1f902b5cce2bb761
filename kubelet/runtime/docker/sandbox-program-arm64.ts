/** The sandbox program for 64-bit ARM, an instruction a line; what it does stands in sandbox-program.ts. Position-independent. */
export const ARM64_CODE: readonly string[] = [
  // _start:
  'e00340f9', // ldr x0, [sp] ; argc
  '1f0c00f1', // cmp x0, #3
  '20040054', // b.eq connect
  // pause:
  '01008092', // mov x1, #-1 ; every signal
  'e10f1ff8', // str x1, [sp, #-16]!
  '000080d2', // mov x0, #0 ; SIG_BLOCK
  'e1030091', // mov x1, sp
  '020080d2', // mov x2, #0
  '030180d2', // mov x3, #8
  'e81080d2', // mov x8, #135 ; rt_sigprocmask
  '010000d4', // svc #0
  // wait:
  'e0030091', // mov x0, sp ; set
  '010080d2', // mov x1, #0
  '020080d2', // mov x2, #0
  '030180d2', // mov x3, #8
  '281180d2', // mov x8, #137 ; rt_sigtimedwait
  '010000d4', // svc #0
  '1f4400f1', // cmp x0, #17 ; SIGCHLD
  '00010054', // b.eq reap
  '1f3c00f1', // cmp x0, #15 ; SIGTERM
  '60000054', // b.eq done
  '1f0800f1', // cmp x0, #2 ; SIGINT
  'a1feff54', // b.ne wait
  // done:
  '000080d2', // mov x0, #0
  // exit:
  'c80b80d2', // mov x8, #94 ; exit_group
  '010000d4', // svc #0
  // reap:
  '00008092', // mov x0, #-1
  '010080d2', // mov x1, #0
  '220080d2', // mov x2, #1 ; WNOHANG
  '030080d2', // mov x3, #0
  '882080d2', // mov x8, #260 ; wait4
  '010000d4', // svc #0
  '1f0000f1', // cmp x0, #0
  '2cffff54', // b.gt reap
  'e9ffff17', // b wait
  // connect:
  'e10f40f9', // ldr x1, [sp, #24] ; argv[2]
  '13008052', // mov w19, #0
  '43018052', // mov w3, #10
  // digit:
  '22144038', // ldrb w2, [x1], #1
  '42c00051', // sub w2, w2, #48
  '5f240071', // cmp w2, #9
  '68000054', // b.hi parsed
  '730a031b', // madd w19, w19, w3, w2
  'fbffff17', // b digit
  // parsed:
  '400080d2', // mov x0, #2 ; AF_INET
  '210080d2', // mov x1, #1 ; SOCK_STREAM
  '020080d2', // mov x2, #0
  'c81880d2', // mov x8, #198 ; socket
  '010000d4', // svc #0
  'f403002a', // mov w20, w0 ; the connection
  '7306c05a', // rev16 w19, w19 ; network order
  '733e1053', // lsl w19, w19, #16
  '73021f32', // orr w19, w19, #2
  'e10f80d2', // mov x1, #127
  '0120a0f2', // movk x1, #256, lsl #16
  '738201aa', // orr x19, x19, x1, lsl #32
  'f37fbfa9', // stp x19, xzr, [sp, #-16]!
  'e003142a', // mov w0, w20
  'e1030091', // mov x1, sp
  '020280d2', // mov x2, #16
  '681980d2', // mov x8, #203 ; connect
  '010000d4', // svc #0
  'e10300aa', // mov x1, x0
  '200080d2', // mov x0, #1
  '01fbffb5', // cbnz x1, exit
  'e1030091', // mov x1, sp ; one byte (2) says connected
  '220080d2', // mov x2, #1
  '080880d2', // mov x8, #64 ; write
  '010000d4', // svc #0
  '200280d2', // mov x0, #17 ; SIGCHLD
  '010080d2', // mov x1, #0
  '020080d2', // mov x2, #0
  '030080d2', // mov x3, #0
  '040080d2', // mov x4, #0
  '881b80d2', // mov x8, #220 ; clone
  '010000d4', // svc #0
  'ff4340d1', // sub sp, sp, #16, lsl #12 ; buffer
  'f50300aa', // mov x21, x0
  '200080d2', // mov x0, #1
  '35f9ffb7', // tbnz x21, #63, exit
  '350100b4', // cbz x21, upload
  'f603142a', // mov w22, w20 ; from the connection
  '37008052', // mov w23, #1 ; to stdout
  '0e000094', // bl copy
  'e00315aa', // mov x0, x21
  '210180d2', // mov x1, #9
  '281080d2', // mov x8, #129 ; kill
  '010000d4', // svc #0
  'bfffff17', // b done
  // upload:
  '16008052', // mov w22, #0
  'f703142a', // mov w23, w20
  '06000094', // bl copy
  'e003142a', // mov w0, w20
  '210080d2', // mov x1, #1 ; SHUT_WR
  '481a80d2', // mov x8, #210 ; shutdown
  '010000d4', // svc #0
  'b7ffff17', // b done
  // copy:
  'e003162a', // mov w0, w22
  'e1030091', // mov x1, sp
  '2200a0d2', // mov x2, #65536
  'e80780d2', // mov x8, #63 ; read
  '010000d4', // svc #0
  '1f0000f1', // cmp x0, #0
  'cd010054', // b.le copied
  'f80300aa', // mov x24, x0
  'f9030091', // mov x25, sp
  // put:
  'e003172a', // mov w0, w23
  'e10319aa', // mov x1, x25
  'e20318aa', // mov x2, x24
  '080880d2', // mov x8, #64 ; write
  '010000d4', // svc #0
  '1f0000f1', // cmp x0, #0
  'ad000054', // b.le copied
  '3903008b', // add x25, x25, x0
  '180300eb', // subs x24, x24, x0
  'e1feff54', // b.ne put
  'edffff17', // b copy
  // copied:
  'c0035fd6', // ret
];
