// CPosix: what Swift's Glibc module lacks, as thin C functions.
//
// Variadic system calls (prctl), functions that glibc only declares under _GNU_SOURCE (setns, memmem, gettid), newer calls without a
// wrapper in every glibc (pidfd_*), and macros that Swift cannot import (wait status, ioctl requests).
// Every function returns what the system call returns: -1 and errno on failure. Nothing here allocates, locks or keeps state.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "CSpawn.h"

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Checksums and search

/// CRC-32C (Castagnoli) of the bytes, continuing from `seed` (0 to begin). SSE4.2 or ARMv8 instructions where the CPU has them.
uint32_t csystem_crc32c(uint32_t seed, const void *_Nullable bytes, size_t count);
/// The table-driven form, for tests that compare the two.
uint32_t csystem_crc32c_portable(uint32_t seed, const void *_Nullable bytes, size_t count);
/// For every 64 bytes a number with a bit for each byte that belongs to a word, and one with a bit for each digit; (count + 63) / 64 numbers each.
void csystem_word_masks(const void *_Nonnull bytes, size_t count, uint64_t *_Nonnull words, uint64_t *_Nonnull digits);
/// Class bits, as `WordClass` has them, of all bytes together; bytes that are in no word have none.
uint8_t csystem_word_classes(const void *_Nullable bytes, size_t count);
/// Offset of the first occurrence of `needle`, or -1.
ptrdiff_t csystem_memmem(const void *_Nullable haystack, size_t count, const void *_Nullable needle, size_t needle_count);
/// Offset of the first occurrence of `needle` with ASCII letters of either case taken as equal, or -1; `needle` has no upper-case letters.
ptrdiff_t csystem_memmem_folded(const void *_Nullable haystack, size_t count, const void *_Nullable needle, size_t needle_count);
/// Offset of the first `byte`, or -1.
ptrdiff_t csystem_memchr(const void *_Nullable haystack, size_t count, uint8_t byte);
/// Offset of the last `byte`, or -1.
ptrdiff_t csystem_memrchr(const void *_Nullable haystack, size_t count, uint8_t byte);

/// Whether two runs have the same bytes.
bool csystem_are_equal(const void *_Nonnull left, const void *_Nonnull right, size_t count);

// MARK: Columns

/// Decodes `count` values of an integer column of `width` planes, divides them by `divisor` and writes them to `target`.
///
/// What the parameters mean is said by `docs/formats/columns.md`. Returns whether some value is below the one before it.
uint32_t csystem_decode_decimals(
    const uint8_t *_Nonnull planes, size_t count, unsigned width, unsigned order, unsigned shift, int64_t first, int64_t first_delta,
    double divisor, double *_Nonnull target);
/// Adds each value whose bits are not `absent` to its sum, the error of that addition to its error, and one to its count.
///
/// Returns whether a finite value made a sum infinite.
uint32_t csystem_add_column(
    const double *_Nonnull values, size_t count, uint64_t absent, double *_Nonnull counts, double *_Nonnull sums, double *_Nonnull errors);

/// Sums of x, y, x y and x x over points: x is a time less `center`, y a value less `first`. Times lie less than 2^51 from `center`.
///
/// Returns whether some y is not zero.
uint32_t csystem_regression_sums(
    const int64_t *_Nonnull times, const double *_Nonnull values, size_t count, int64_t center, double first, double *_Nonnull sums);

// MARK: Processes and threads

pid_t csystem_gettid(void);
int csystem_pidfd_open(pid_t pid, unsigned int flags);
int csystem_pidfd_send_signal(int pidfd, int signal);
/// waitid(P_PIDFD): fills `code` (CLD_*) and `status`; 0 with pid 0 in `pid` when nothing happened under WNOHANG.
int csystem_wait_pidfd(int pidfd, int options, pid_t *_Nonnull pid, int *_Nonnull code, int *_Nonnull status);
int csystem_setns(int fd, int nstype);
int csystem_unshare(int flags);
int csystem_set_child_subreaper(bool enabled);
int csystem_set_parent_death_signal(int signal);
int csystem_set_no_new_privileges(void);
int csystem_set_dumpable(bool dumpable);
/// Names the calling thread; at most 15 bytes are kept.
int csystem_set_thread_name(const char *_Nonnull name);
/// Nice value of one thread (0 = the calling thread).
int csystem_set_thread_nice(pid_t tid, int nice);
/// A pipe whose ends no other program that starts meanwhile inherits.
int csystem_pipe(int *_Nonnull ends, int flags);
int csystem_close_range(unsigned int first, unsigned int last, unsigned int flags);
int csystem_setgroups(size_t count, const gid_t *_Nullable groups);
int csystem_pivot_root(const char *_Nonnull new_root, const char *_Nonnull put_old);
int csystem_mount(
    const char *_Nullable source, const char *_Nonnull target, const char *_Nullable type, unsigned long flags,
    const char *_Nullable data);
int csystem_umount(const char *_Nonnull target, int flags);

bool csystem_wait_exited(int status);
int csystem_wait_exit_code(int status);
bool csystem_wait_signaled(int status);
int csystem_wait_signal(int status);
bool csystem_wait_dumped_core(int status);

extern const int csystem_CLONE_NEWNS;
extern const int csystem_CLONE_NEWPID;
extern const int csystem_CLONE_NEWUTS;
extern const int csystem_CLONE_NEWIPC;
extern const int csystem_CLONE_NEWNET;
extern const int csystem_CLONE_NEWUSER;
extern const int csystem_CLONE_NEWCGROUP;

extern const unsigned long csystem_MS_RDONLY;
extern const unsigned long csystem_MS_BIND;
extern const unsigned long csystem_MS_REC;
extern const unsigned long csystem_MS_PRIVATE;
extern const unsigned long csystem_MS_SLAVE;
extern const unsigned long csystem_MS_REMOUNT;
extern const unsigned long csystem_MS_NOSUID;
extern const unsigned long csystem_MS_NODEV;
extern const unsigned long csystem_MS_NOEXEC;
extern const int csystem_MNT_DETACH;

// MARK: Descriptors and files

int csystem_eventfd(unsigned int initial, int flags);
extern const int csystem_EFD_CLOEXEC;
extern const int csystem_EFD_NONBLOCK;
int csystem_memfd_create(const char *_Nonnull name, unsigned int flags);
/// Exclusive or shared flock without waiting; -1 and EWOULDBLOCK when another holds it.
int csystem_try_lock(int fd, bool exclusive);
int csystem_sync_file_range(int fd, int64_t offset, int64_t count, unsigned int flags);
int csystem_fallocate(int fd, int mode, int64_t offset, int64_t count);
extern const int csystem_FALLOC_FL_KEEP_SIZE;
extern const int csystem_FALLOC_FL_PUNCH_HOLE;
/// Renames only if the new name does not exist (RENAME_NOREPLACE).
int csystem_rename_exclusive(int old_directory, const char *_Nonnull old_name, int new_directory, const char *_Nonnull new_name);
/// The type of the file system a descriptor lives on (statfs f_type), its block size and its free and total blocks.
int csystem_file_system(
    int fd, uint64_t *_Nonnull type, uint64_t *_Nonnull block_size, uint64_t *_Nonnull total_blocks,
    uint64_t *_Nonnull available_blocks);
extern const uint64_t csystem_CGROUP2_SUPER_MAGIC;
extern const uint64_t csystem_TMPFS_MAGIC;
/// Columns and rows of a terminal; -1 when the descriptor is none.
int csystem_terminal_size(int fd, uint16_t *_Nonnull columns, uint16_t *_Nonnull rows);
int csystem_set_terminal_size(int fd, uint16_t columns, uint16_t rows);
/// Makes the terminal the controlling one of the calling session.
int csystem_set_controlling_terminal(int fd);
int csystem_epoll_create(void);
/// Adds, changes or (events 0) removes a descriptor; level-triggered.
int csystem_epoll_set(int epoll, int descriptor, uint32_t events, bool is_new);
/// Waits and fills the descriptors and their events; how many, or -1.
int csystem_epoll_wait(int epoll, int *_Nonnull descriptors, uint32_t *_Nonnull events, int count, int timeout_milliseconds);
extern const uint32_t csystem_EPOLLIN;
extern const uint32_t csystem_EPOLLOUT;
extern const uint32_t csystem_EPOLLERR;
extern const uint32_t csystem_EPOLLHUP;
extern const uint32_t csystem_EPOLLRDHUP;
ssize_t csystem_getrandom(void *_Nonnull bytes, size_t count);
/// Sets how many heaps the threads share, and from how many bytes on an allocation gets pages of its own that go back when it is freed.
void csystem_bound_heaps(int heaps, int large_bytes);
int csystem_errno(void);
void csystem_set_errno(int value);

#ifdef __cplusplus
}
#endif
