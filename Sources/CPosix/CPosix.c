#include "CPosix.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

ptrdiff_t csystem_memmem(const void *haystack, size_t count, const void *needle, size_t needle_count) {
    if (needle_count == 0) return 0;
    if (count < needle_count) return -1;
    const void *hit = memmem(haystack, count, needle, needle_count);
    return hit ? (const char *)hit - (const char *)haystack : -1;
}

ptrdiff_t csystem_memchr(const void *haystack, size_t count, uint8_t byte) {
    if (count == 0) return -1;
    const void *hit = memchr(haystack, byte, count);
    return hit ? (const char *)hit - (const char *)haystack : -1;
}

ptrdiff_t csystem_memrchr(const void *haystack, size_t count, uint8_t byte) {
    if (count == 0) return -1;
    const void *hit = memrchr(haystack, byte, count);
    return hit ? (const char *)hit - (const char *)haystack : -1;
}

pid_t csystem_gettid(void) { return (pid_t)syscall(SYS_gettid); }

int csystem_pidfd_open(pid_t pid, unsigned int flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }

int csystem_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int csystem_wait_pidfd(int pidfd, int options, pid_t *pid, int *code, int *status) {
    siginfo_t details;
    memset(&details, 0, sizeof details);
    int result = waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &details, options);
    *pid = details.si_pid;
    *code = details.si_code;
    *status = details.si_status;
    return result;
}

int csystem_setns(int fd, int nstype) { return setns(fd, nstype); }
int csystem_unshare(int flags) { return unshare(flags); }
int csystem_set_child_subreaper(bool enabled) { return prctl(PR_SET_CHILD_SUBREAPER, enabled ? 1UL : 0UL, 0, 0, 0); }
int csystem_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, (unsigned long)signal, 0, 0, 0); }
int csystem_set_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0, 0, 0); }
int csystem_set_dumpable(bool dumpable) { return prctl(PR_SET_DUMPABLE, dumpable ? 1UL : 0UL, 0, 0, 0); }
int csystem_set_thread_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }
int csystem_set_thread_nice(pid_t tid, int nice) { return setpriority(PRIO_PROCESS, (id_t)tid, nice); }

int csystem_pipe(int *ends, int flags) { return pipe2(ends, flags); }

int csystem_close_range(unsigned int first, unsigned int last, unsigned int flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}

int csystem_setgroups(size_t count, const gid_t *groups) { return setgroups(count, groups); }

int csystem_pivot_root(const char *new_root, const char *put_old) {
    return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int csystem_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    return mount(source, target, type, flags, data);
}

int csystem_umount(const char *target, int flags) { return umount2(target, flags); }

bool csystem_wait_exited(int status) { return WIFEXITED(status); }
int csystem_wait_exit_code(int status) { return WEXITSTATUS(status); }
bool csystem_wait_signaled(int status) { return WIFSIGNALED(status); }
int csystem_wait_signal(int status) { return WTERMSIG(status); }
bool csystem_wait_dumped_core(int status) { return WCOREDUMP(status); }

const int csystem_CLONE_NEWNS = CLONE_NEWNS;
const int csystem_CLONE_NEWPID = CLONE_NEWPID;
const int csystem_CLONE_NEWUTS = CLONE_NEWUTS;
const int csystem_CLONE_NEWIPC = CLONE_NEWIPC;
const int csystem_CLONE_NEWNET = CLONE_NEWNET;
const int csystem_CLONE_NEWUSER = CLONE_NEWUSER;
const int csystem_CLONE_NEWCGROUP = CLONE_NEWCGROUP;

const unsigned long csystem_MS_RDONLY = MS_RDONLY;
const unsigned long csystem_MS_BIND = MS_BIND;
const unsigned long csystem_MS_REC = MS_REC;
const unsigned long csystem_MS_PRIVATE = MS_PRIVATE;
const unsigned long csystem_MS_SLAVE = MS_SLAVE;
const unsigned long csystem_MS_REMOUNT = MS_REMOUNT;
const unsigned long csystem_MS_NOSUID = MS_NOSUID;
const unsigned long csystem_MS_NODEV = MS_NODEV;
const unsigned long csystem_MS_NOEXEC = MS_NOEXEC;
const int csystem_MNT_DETACH = MNT_DETACH;

int csystem_eventfd(unsigned int initial, int flags) { return eventfd(initial, flags); }
const int csystem_EFD_CLOEXEC = EFD_CLOEXEC;
const int csystem_EFD_NONBLOCK = EFD_NONBLOCK;
int csystem_memfd_create(const char *name, unsigned int flags) { return memfd_create(name, flags); }

int csystem_try_lock(int fd, bool exclusive) { return flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB); }

int csystem_sync_file_range(int fd, int64_t offset, int64_t count, unsigned int flags) {
    return sync_file_range(fd, offset, count, flags);
}

int csystem_fallocate(int fd, int mode, int64_t offset, int64_t count) { return fallocate(fd, mode, offset, count); }
const int csystem_FALLOC_FL_KEEP_SIZE = FALLOC_FL_KEEP_SIZE;
const int csystem_FALLOC_FL_PUNCH_HOLE = FALLOC_FL_PUNCH_HOLE;

int csystem_rename_exclusive(int old_directory, const char *old_name, int new_directory, const char *new_name) {
    return renameat2(old_directory, old_name, new_directory, new_name, RENAME_NOREPLACE);
}

int csystem_file_system(
    int fd, uint64_t *type, uint64_t *block_size, uint64_t *total_blocks, uint64_t *available_blocks) {
    struct statfs details;
    int result = fstatfs(fd, &details);
    if (result != 0) return result;
    *type = (uint64_t)details.f_type;
    *block_size = (uint64_t)details.f_bsize;
    *total_blocks = details.f_blocks;
    *available_blocks = details.f_bavail;
    return 0;
}

const uint64_t csystem_CGROUP2_SUPER_MAGIC = CGROUP2_SUPER_MAGIC;
const uint64_t csystem_TMPFS_MAGIC = TMPFS_MAGIC;

int csystem_terminal_size(int fd, uint16_t *columns, uint16_t *rows) {
    struct winsize size;
    int result = ioctl(fd, TIOCGWINSZ, &size);
    if (result != 0) return result;
    *columns = size.ws_col;
    *rows = size.ws_row;
    return 0;
}

int csystem_set_terminal_size(int fd, uint16_t columns, uint16_t rows) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(fd, TIOCSWINSZ, &size);
}

int csystem_set_controlling_terminal(int fd) { return ioctl(fd, TIOCSCTTY, 0); }
ssize_t csystem_getrandom(void *bytes, size_t count) { return getrandom(bytes, count, 0); }
int csystem_errno(void) { return errno; }
void csystem_set_errno(int value) { errno = value; }

int csystem_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int csystem_epoll_set(int epoll, int descriptor, uint32_t events, bool is_new) {
    struct epoll_event event = {.events = events, .data = {.fd = descriptor}};
    return epoll_ctl(epoll, events == 0 ? EPOLL_CTL_DEL : is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event);
}

int csystem_epoll_wait(int epoll, int *descriptors, uint32_t *events, int count, int timeout_milliseconds) {
    struct epoll_event ready[256];
    int found = epoll_wait(epoll, ready, count < 256 ? count : 256, timeout_milliseconds);
    for (int index = 0; index < found; index++) {
        descriptors[index] = ready[index].data.fd;
        events[index] = ready[index].events;
    }
    return found;
}

const uint32_t csystem_EPOLLIN = EPOLLIN;
const uint32_t csystem_EPOLLOUT = EPOLLOUT;
const uint32_t csystem_EPOLLERR = EPOLLERR;
const uint32_t csystem_EPOLLHUP = EPOLLHUP;
const uint32_t csystem_EPOLLRDHUP = EPOLLRDHUP;

void csystem_bound_heaps(int heaps, int large_bytes) {
    mallopt(M_ARENA_MAX, heaps);
    mallopt(M_MMAP_THRESHOLD, large_bytes);
    mallopt(M_TRIM_THRESHOLD, large_bytes);
}
