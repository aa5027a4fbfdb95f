/* What the programs need of the kernel's interface, and no more. The numbers are
 * those of the kernel's stable interface (include/uapi/linux/bpf.h). */
#ifndef BACKSTOP_KERNEL_H
#define BACKSTOP_KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define inline_always inline __attribute__((always_inline))

/* The attributes of a map are types, which end up in BTF. */
#define MAP_UINT(name, value) int(*name)[value]
#define MAP_TYPE(name, type) type *name

enum { MAP_HASH = 1, MAP_ARRAY = 2, MAP_LRU_HASH = 9, MAP_RINGBUF = 27 };
enum { ANY = 0, NOEXIST = 1 };
enum { RB_NO_WAKEUP = 1, RB_FORCE_WAKEUP = 2 };

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u32 (*current_cpu)(void) = (void *)8;
static u64 (*current_pid_tgid)(void) = (void *)14;
static long (*current_comm)(void *to, u32 size) = (void *)16;
static long (*send_signal)(u32 signal) = (void *)109;
static long (*read_user)(void *to, u32 size, const void *from) = (void *)112;
static u64 (*boot_ns)(void) = (void *)125;
static long (*ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static u64 (*attach_cookie)(void *ctx) = (void *)174;

/* Registers of the probed thread, as arch/x86/include/asm/ptrace.h has them. */
struct pt_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	u64 orig_ax, ip, cs, flags, sp, ss;
};

/* BOUND tells the verifier what the code around it knows: the compiler must not
 * take the mask away because it has proved the bound itself. */
#define BOUND(x, mask) asm volatile("%0 &= %1" : "+r"(x) : "i"(mask))

/* OPAQUE hides where a number comes from: of two registers of a probed thread the
 * compiler would choose the address, which the verifier does not allow. */
#define OPAQUE(x) asm volatile("" : "+r"(x))

#endif
