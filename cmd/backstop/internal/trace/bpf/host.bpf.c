//go:build ignore

// SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0)
//
// What happens to processes: they get a new program, they end, they are sent a
// signal, the kernel chooses them as a victim. Raw tracepoints need neither
// kprobes nor tracefs. Fields of kernel structures are found by CO-RE: the
// structures below name only what is read, and the loader replaces the offsets by
// those of the running kernel's BTF.
//
// Raw tracepoints rather than BTF-typed ones (tp_btf): their arguments are plain
// numbers, so that one object serves kernels that disagree about the types, as
// they do for mark_victim.

typedef unsigned char u8;
typedef int s32;
typedef unsigned int u32;
typedef long long s64;
typedef unsigned long long u64;

#define SEC(name) __attribute__((section(name), used))
#define CORE __attribute__((preserve_access_index))
#define INLINE static inline __attribute__((always_inline))
#define FIELD(name, value) int(*name)[value]
#define TYPE(name, type) type *name

// Numbers of linux/bpf.h.
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_LPM_TRIE 11
#define BPF_MAP_TYPE_RINGBUF 27
#define BPF_F_NO_PREALLOC 1
#define BPF_NOEXIST 1

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*current_pid_tgid)(void) = (void *)14;
static u64 (*current_uid_gid)(void) = (void *)15;
static long (*current_comm)(void *buffer, u32 size) = (void *)16;
static long (*send_signal)(u32 signal) = (void *)109;
static long (*read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*read_kernel_string)(void *to, u32 size, const void *from) = (void *)115;
static u64 (*ancestor_cgroup_id)(int level) = (void *)123;
static u64 (*boot_time)(void) = (void *)125;
static void *(*ring_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*ring_submit)(void *data, u64 flags) = (void *)132;

// Of the kernel, as far as it is read.
typedef struct {
	int counter;
} atomic_t;
struct signal_struct {
	atomic_t live;
	int group_exit_code;
	unsigned int flags;
} CORE;
struct task_struct {
	int pid;
	int tgid;
	int exit_code;
	char comm[16];
	struct task_struct *group_leader;
	struct signal_struct *signal;
} CORE;
struct qstr {
	const unsigned char *name;
} CORE;
struct dentry {
	struct qstr d_name;
} CORE;
struct path {
	struct dentry *dentry;
} CORE;
struct file {
	struct path f_path;
} CORE;
struct linux_binprm {
	struct file *file;
} CORE;

// READ copies a field whose address CO-RE computes.
#define READ(to, field) read_kernel(&(to), sizeof(to), &(field))

// Records. The layout is that of hostRecord in host.go.
enum { EXEC = 9, EXIT, SIGNAL, OOM };
enum { STOPPED = 1 };
struct record {
	u64 time;
	s64 code;
	u32 kind;
	u32 pid, tid;
	u32 peer, peer_uid;
	s32 si_code;
	u32 flags;
	u32 unused;
	char comm[16], peer_comm[16];
};

// Set before the object is loaded.
const volatile u32 victim_is_task = 1; // mark_victim passes a task, not a pid
const volatile u32 catch_first = 0;
const volatile u32 catch_cgroups = 0; // there are some in `cgroups`

struct {
	FIELD(type, BPF_MAP_TYPE_RINGBUF);
	FIELD(max_entries, 1 << 20);
} records SEC(".maps");

// Processes whose end and signals are of interest: 1 when user space said so, 0
// when they have a new program that user space has not looked at yet.
struct {
	FIELD(type, BPF_MAP_TYPE_HASH);
	FIELD(map_flags, BPF_F_NO_PREALLOC);
	FIELD(max_entries, 1 << 16);
	TYPE(key, u32);
	TYPE(value, u32);
} processes SEC(".maps");

// Processes that were stopped: when, since boot. Noted before the signal is sent,
// so that whoever holds this map can let them all go on.
struct {
	FIELD(type, BPF_MAP_TYPE_HASH);
	FIELD(max_entries, 4096);
	TYPE(key, u32);
	TYPE(value, u64);
} stopped SEC(".maps");

// How many records were lost, by kind.
struct {
	FIELD(type, BPF_MAP_TYPE_ARRAY);
	FIELD(max_entries, 16);
	TYPE(key, u32);
	TYPE(value, u64);
} lost SEC(".maps");

// What to stop at exec: beginnings of file names (with the 0 at the end, whole
// names), and cgroups with what is below them.
#define NAME 64
struct name {
	u32 bits;
	u8 text[NAME];
};
struct {
	FIELD(type, BPF_MAP_TYPE_LPM_TRIE);
	FIELD(map_flags, BPF_F_NO_PREALLOC);
	FIELD(max_entries, 64);
	TYPE(key, struct name);
	TYPE(value, u8);
} names SEC(".maps");
struct {
	FIELD(type, BPF_MAP_TYPE_HASH);
	FIELD(max_entries, 64);
	TYPE(key, u64);
	TYPE(value, u8);
} cgroups SEC(".maps");

INLINE void count_lost(u32 kind)
{
	u64 *n = map_lookup(&lost, &kind);
	if (n)
		__sync_fetch_and_add(n, 1);
}

INLINE struct record *begin(u32 kind)
{
	struct record *r = ring_reserve(&records, sizeof(*r), 0);
	if (!r) {
		count_lost(kind);
		return 0;
	}
	__builtin_memset(r, 0, sizeof(*r));
	r->time = boot_time();
	r->kind = kind;
	return r;
}

// wanted says whether a new program is one to stop until it is attached to.
INLINE int wanted(struct linux_binprm *bprm)
{
	for (int level = 0; catch_cgroups && level < 16; level++) {
		u64 id = ancestor_cgroup_id(level);
		if (id && map_lookup(&cgroups, &id))
			return 1;
	}
	struct file *file = 0;
	struct dentry *dentry = 0;
	const unsigned char *text = 0;
	READ(file, bprm->file);
	if (!file)
		return 0;
	READ(dentry, file->f_path.dentry);
	if (!dentry)
		return 0;
	READ(text, dentry->d_name.name);
	struct name name = {.bits = NAME * 8};
	if (read_kernel_string(name.text, NAME, text) <= 0)
		return 0;
	return map_lookup(&names, &name) != 0;
}

// sched_process_exec(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)
SEC("raw_tp/sched_process_exec")
int on_exec(u64 *args)
{
	u64 id = current_pid_tgid();
	u32 pid = id >> 32, new = 0;
	if (map_update(&processes, &pid, &new, 0))
		count_lost(0); // of its end and signals nothing will be known
	struct record *r = begin(EXEC);
	if (!r)
		return 0;
	r->pid = pid;
	r->tid = id;
	current_comm(r->comm, sizeof(r->comm));
	if (catch_first && wanted((struct linux_binprm *)args[2])) {
		u64 now = r->time;
		if (!map_update(&stopped, &pid, &now, 0)) {
			if (send_signal(19 /* SIGSTOP */))
				map_delete(&stopped, &pid);
			else
				r->flags = STOPPED;
		}
	}
	ring_submit(r, 0);
	return 0;
}

// sched_process_exit(struct task_struct *p, ...): once for each thread, before or
// after its memory is gone, depending on the kernel.
SEC("raw_tp/sched_process_exit")
int on_exit(u64 *args)
{
	struct task_struct *task = (struct task_struct *)args[0], *leader = 0;
	struct signal_struct *signal = 0;
	u64 id = current_pid_tgid();
	u32 pid = id >> 32;
	if (!map_lookup(&processes, &pid))
		return 0;
	int live = 1;
	READ(signal, task->signal);
	if (!signal)
		return 0;
	READ(live, signal->live.counter);
	if (live)
		return 0; // other threads go on
	if (map_delete(&processes, &pid))
		return 0; // two threads were the last at once
	struct record *r = begin(EXIT);
	if (!r)
		return 0;
	unsigned int flags = 0;
	int code = 0;
	READ(flags, signal->flags);
	if (flags & 4 /* SIGNAL_GROUP_EXIT */) {
		READ(code, signal->group_exit_code);
	} else {
		// As wait_task_zombie does: the status is that of the first thread.
		READ(leader, task->group_leader);
		if (leader)
			READ(code, leader->exit_code);
	}
	r->pid = pid;
	r->tid = id;
	r->code = code;
	current_comm(r->comm, sizeof(r->comm));
	ring_submit(r, 0);
	return 0;
}

#define BIT(signal) (1ull << (signal))

// Signals that end or stop a Go program that does not ask for them
// (runtime/sigtab_linux_generic.go), and among them those that its own
// instructions may raise.
#define DEADLY                                                                                    \
	(BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(9) | BIT(11) | \
	 BIT(15) | BIT(16) | BIT(19) | BIT(20) | BIT(21) | BIT(22) | BIT(24) | BIT(25) | BIT(31))
// Results of sending a signal (include/trace/events/signal.h): it is delivered, the
// second time without what is known of it.
enum { DELIVERED = 0, LOSE_INFO = 4 };

#define FAULTS (BIT(5) | BIT(7) | BIT(8) | BIT(11)) // SIGTRAP, SIGBUS, SIGFPE, SIGSEGV

// signal_generate(int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result)
SEC("raw_tp/signal_generate")
int on_signal(u64 *args)
{
	u32 number = args[0];
	s32 result = args[4];
	if (number > 31 || !(DEADLY & BIT(number)) || (result != DELIVERED && result != LOSE_INFO))
		return 0;
	struct task_struct *task = (struct task_struct *)args[2];
	u32 pid = 0;
	READ(pid, task->tgid);
	if (!map_lookup(&processes, &pid))
		return 0;
	if (number == 19 && map_lookup(&stopped, &pid))
		return 0; // that is ours
	// 0 and 1 stand for signals without further information: by a process, by the
	// kernel (linux/signal.h, SEND_SIG_NOINFO and SEND_SIG_PRIV). si_code is the
	// third word of the structure, by the ABI of sigaction(2).
	s32 code = 0;
	if (args[1] == 1)
		code = 0x80; // SI_KERNEL
	else if (args[1] > 1)
		read_kernel(&code, sizeof(code), (void *)(args[1] + 8));
	if (FAULTS & BIT(number) && code > 0)
		return 0; // an instruction did it: that is a panic or a fatal error
	struct record *r = begin(SIGNAL);
	if (!r)
		return 0;
	r->pid = pid;
	READ(r->tid, task->pid);
	r->code = number;
	r->si_code = code;
	READ(r->comm, task->comm);
	r->peer = current_pid_tgid() >> 32;
	r->peer_uid = current_uid_gid();
	current_comm(r->peer_comm, sizeof(r->peer_comm));
	ring_submit(r, 0);
	return 0;
}

// mark_victim(struct task_struct *tsk, uid_t uid), before Linux 6.10 mark_victim(int pid)
SEC("raw_tp/mark_victim")
int on_victim(u64 *args)
{
	struct record *r = begin(OOM);
	if (!r)
		return 0;
	if (victim_is_task) {
		struct task_struct *task = (struct task_struct *)args[0];
		READ(r->pid, task->tgid);
		READ(r->tid, task->pid);
		READ(r->comm, task->comm);
	} else {
		r->pid = r->tid = args[0];
	}
	r->peer = current_pid_tgid() >> 32;
	r->peer_uid = current_uid_gid();
	current_comm(r->peer_comm, sizeof(r->peer_comm));
	ring_submit(r, 0);
	return 0;
}

char license_of_this[] SEC("license") = "Dual BSD/GPL";
