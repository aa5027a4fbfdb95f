/* What the programs and the code in Go both know. target.go and read.go have
 * the same. */
#ifndef BACKSTOP_WIRE_H
#define BACKSTOP_WIRE_H

enum {
	KIND_PANIC = 1,
	KIND_RECOVER,
	KIND_INEFFECTIVE,
	KIND_FATAL,
	KIND_UNCAUGHT,
	KIND_SIGNAL_DEATH,
	KIND_GOEXIT,
	KIND_OS_EXIT,
};

enum { FLAGS_ZERO = 1 << 6, SIGNAL_STOP = 19 };

enum {
	EXECUTABLES = 4096,  /* at a time; a power of two */
	SITES = 16,          /* of an executable, at most */
	SLOTS_PER_CPU = 2,
	SLOTS_TRIED = 8,
	STRUCT_SIZE = 512,   /* of a g, as far as it is read */
	STRUCT_MASK = 0x1f8,
	STRUCT_PANIC = 104,  /* of a _panic */
	VALUE_SIZE = 128,
	STACK_COPY = 2048,
	SYSTEM_COPY = 1024,
	MAX_PIECE = 2048,
	OUT_MASK = 0x3fff,
	MAX_LINKS = 512,
	SITE_FRAMES = 12,
	MAX_OPEN = 8,        /* a power of two */
	MAX_RECOVERERS = 16,
	MAX_LABELS = 8,
	MAX_PRINTED = 4,
	VALUE_TEXT = 128,
	MAX_FOLLOWED = 2,    /* interfaces in a value */
	FOLLOWED_SIZE = 64,
	TYPE_HEAD = 56,      /* of an abi.Type, as far as it is read */
	TYPE_KIND = 23,
	TYPE_ELEM = 48,
	KIND_OF_CHAN = 18,   /* of types that an interface holds as they are */
	KIND_OF_FUNC = 19,
	KIND_OF_MAP = 21,
	KIND_OF_POINTER = 22,
	KIND_OF_UNSAFE_POINTER = 26,
	DEATH_TEXT = 1024,
	LABEL_TEXT = 128,
	MAX_TEXT_LENGTH = 1 << 30,
	BUCKET_SIZE = 272,   /* of a map[string]string, before Go 1.24 */
	WAKE_NS = 2000000,
};

enum { EXE_FREEZE = 1, EXE_NO_STACKS = 2, EXE_SIGCODE = 4, EXE_LABEL_MAP = 8 };
enum { FLAG_SENT = 1, FLAG_STOPPED = 2, FLAG_TRUNCATED = 4, FLAG_LEFT = 8, FLAG_NESTED = 16 };
enum { OPEN_SENT = FLAG_SENT, OPEN_GOEXIT = 2 };
enum { ITEM_SKIP = 0, ITEM_MEMORY = 1, ITEM_LINKS = 2 };
enum { LOST_RING_FULL, LOST_NO_SLOT, LOST_COUNTS_FULL, LOST_NESTED, LOST_UNREADABLE, LOSSES };

struct range {
	u64 start, end;
};

struct executable {
	u64 address[SITES];     /* of the sites, in the file's address space */
	struct range ignore[2]; /* of callers of recover */
	u32 flags;
	u32 tgid;               /* the only process, or 0 */
	u32 recover_flag;       /* the zero flag when recover works */
	u32 recover_frame;
	u32 g_size;
	u32 id;                 /* what the cookie has, once all is there */
	u16 g_stack_hi, g_panic, g_m, g_sched_sp, g_sched_pc, g_sched_bp;
	u16 g_goid, g_parent, g_gopc, g_labels, g_sigcode0, g_sigcode1;
	u16 m_curg;
	u16 p_arg, p_link, p_sp, p_retpc;
	u16 unused[3];
};

struct count_key {
	u32 exe, kind;
	u64 site, recoverer;
};

struct count {
	u64 seen, sent, lost, full_at;
};

struct open_key {
	u64 g;
	u32 tgid, unused;
};

struct opening {
	u64 depth, time, site, type, data, recoverer[2];
	u32 flags, unused;
};

/* The open panics of a goroutine: n of them, the newest MAX_OPEN of which are kept,
 * each at its number modulo MAX_OPEN. Those before the number kept are lost, because
 * others have been written over them; lost_flags are what any of them had. */
struct open {
	u64 goid;
	u32 n, kept;
	u32 lost_flags, unused;
	struct opening e[MAX_OPEN];
};

struct item {
	u64 addr;
	u16 len;  /* of what follows */
	u16 used; /* of ITEM_MEMORY of fixed size; otherwise 0 */
	u32 what;
};

struct header {
	u32 size, kind;
	u64 time;
	u32 tgid, tid;
	char comm[16];
	u32 exe, flags;
	u64 bias;
	u64 g, goid, parent, gopc;
	u64 site, seen;
	u64 type, data;
	s64 code;
	u64 pc, sp, bp;
	u64 system_pc, system_sp, system_bp;
	u64 resume, since;
	u32 panics, recoverers;
	u64 recoverer[MAX_RECOVERERS];
	u64 stack_hi, labels;
};

/* The beginning of a record stands still; other items follow. */
struct record {
	struct header h;
	struct item value_item;
	u8 value[VALUE_SIZE];
	struct item stack_item;
	u8 stack[STACK_COPY];
};

/* A walk follows frame pointers: bp is where the next one is saved. The stack from
 * sp to end has been copied; it ends at hi. */
struct walk {
	u64 bp, sp, end, hi;
};

/* What a probe works with. Its state lives here and not in registers, because the
 * verifier takes what it loads for unknown: so the paths through a loop, and those
 * of different kinds, meet again, and are verified once. */
struct slot {
	u64 claimed;
	u64 off; /* where the next item of the record goes */
	u64 followed;
	struct walk w;
	u8 g[STRUCT_SIZE + 8];
	u8 aux[STRUCT_SIZE + 8];
	u8 out[OUT_MASK + 1 + 16 + 4096];
};

#endif
