/** The sandbox program for x86-64 (AT&T syntax), an instruction a line; what it does stands in sandbox-program.ts. Position-independent. */
export const AMD64_CODE: readonly string[] = [
  // _start:
  '488b0c24', // mov (%rsp), %rcx ; argc
  '4883f903', // cmp $3, %rcx
  '7453', // je connect
  // pause:
  '6aff', // push $-1 ; every signal
  '31ff', // xor %edi, %edi ; SIG_BLOCK
  '4889e6', // mov %rsp, %rsi
  '31d2', // xor %edx, %edx
  '6a08', // push $8
  '415a', // pop %r10
  '6a0e', // push $14 ; rt_sigprocmask
  '58', // pop %rax
  '0f05', // syscall
  // wait:
  '488d3c24', // lea 0(%rsp), %rdi ; set
  '31f6', // xor %esi, %esi
  '31d2', // xor %edx, %edx
  '6a08', // push $8
  '415a', // pop %r10
  'b880000000', // mov $128, %eax ; rt_sigtimedwait
  '0f05', // syscall
  '83f811', // cmp $17, %eax ; SIGCHLD
  '7413', // je reap
  '83f80f', // cmp $15, %eax ; SIGTERM
  '7405', // je done
  '83f802', // cmp $2, %eax ; SIGINT
  '75de', // jne wait
  // done:
  '31ff', // xor %edi, %edi
  // exit:
  'b8e7000000', // mov $231, %eax ; exit_group
  '0f05', // syscall
  // reap:
  '6aff', // push $-1
  '5f', // pop %rdi
  '31f6', // xor %esi, %esi
  '6a01', // push $1 ; WNOHANG
  '5a', // pop %rdx
  '4531d2', // xor %r10d, %r10d
  '6a3d', // push $61 ; wait4
  '58', // pop %rax
  '0f05', // syscall
  '85c0', // test %eax, %eax
  '7fec', // jg reap
  'ebbf', // jmp wait
  // connect:
  '488b742418', // mov 24(%rsp), %rsi ; argv[2]
  '31db', // xor %ebx, %ebx
  // digit:
  '0fb606', // movzbl (%rsi), %eax
  '48ffc6', // inc %rsi
  '83e830', // sub $48, %eax
  '83f809', // cmp $9, %eax
  '7707', // ja parsed
  '6bdb0a', // imul $10, %ebx, %ebx
  '01c3', // add %eax, %ebx
  'ebeb', // jmp digit
  // parsed:
  '6a02', // push $2 ; AF_INET
  '5f', // pop %rdi
  '6a01', // push $1 ; SOCK_STREAM
  '5e', // pop %rsi
  '31d2', // xor %edx, %edx
  '6a29', // push $41 ; socket
  '58', // pop %rax
  '0f05', // syscall
  '89c5', // mov %eax, %ebp ; the connection
  '86df', // xchg %bl, %bh ; network order
  'c1e310', // shl $16, %ebx
  '83cb02', // or $2, %ebx
  '48b8000000007f000001', // movabs $0x0100007f00000000, %rax
  '4809c3', // or %rax, %rbx
  '6a00', // push $0
  '53', // push %rbx
  '89ef', // mov %ebp, %edi
  '4889e6', // mov %rsp, %rsi
  '6a10', // push $16
  '5a', // pop %rdx
  '6a2a', // push $42 ; connect
  '58', // pop %rax
  '0f05', // syscall
  '6a01', // push $1
  '5f', // pop %rdi
  '85c0', // test %eax, %eax
  '758c', // jnz exit
  '4889e6', // mov %rsp, %rsi ; one byte (2) says connected
  '89fa', // mov %edi, %edx
  '89f8', // mov %edi, %eax ; write
  '0f05', // syscall
  '6a39', // push $57 ; fork
  '58', // pop %rax
  '0f05', // syscall
  '4881ec00000100', // sub $65536, %rsp ; buffer
  '4189c4', // mov %eax, %r12d
  '85c0', // test %eax, %eax
  '0f886cffffff', // js exit
  '741c', // jz upload
  '4189ed', // mov %ebp, %r13d ; from the connection
  '6a01', // push $1
  '415e', // pop %r14 ; to stdout
  'e82a000000', // call copy
  '4489e7', // mov %r12d, %edi
  '6a09', // push $9
  '5e', // pop %rsi
  '6a3e', // push $62 ; kill
  '58', // pop %rax
  '0f05', // syscall
  'e94cffffff', // jmp done
  // upload:
  '4531ed', // xor %r13d, %r13d
  '4189ee', // mov %ebp, %r14d
  'e80f000000', // call copy
  '89ef', // mov %ebp, %edi
  '6a01', // push $1 ; SHUT_WR
  '5e', // pop %rsi
  '6a30', // push $48 ; shutdown
  '58', // pop %rax
  '0f05', // syscall
  'e932ffffff', // jmp done
  // copy:
  '4489ef', // mov %r13d, %edi
  '488d742408', // lea 8(%rsp), %rsi
  'ba00000100', // mov $65536, %edx
  '31c0', // xor %eax, %eax ; read
  '0f05', // syscall
  '4885c0', // test %rax, %rax
  '7e1d', // jle copied
  '4889c3', // mov %rax, %rbx
  // put:
  '4489f7', // mov %r14d, %edi
  '4889da', // mov %rbx, %rdx
  '6a01', // push $1 ; write
  '58', // pop %rax
  '0f05', // syscall
  '4885c0', // test %rax, %rax
  '7e0a', // jle copied
  '4801c6', // add %rax, %rsi
  '4829c3', // sub %rax, %rbx
  '75e8', // jnz put
  'ebcd', // jmp copy
  // copied:
  'c3', // ret
];
