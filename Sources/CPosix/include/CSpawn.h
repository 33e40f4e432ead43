// CSpawn: starting a program with everything a container needs between fork and exec.
//
// posix_spawn can neither join cgroups and namespaces nor bind mounts nor change ids, and Swift code must not run in the child of a process
// with threads. So the child's few steps are C that only makes async-signal-safe calls; the parent learns of a failed step through a pipe.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A small file that the child writes before it becomes the program, such as a `cgroup.procs` with "0".
struct csystem_write {
    const char *_Nonnull path;
    const char *_Nonnull text;
    /// Whether the start fails when the write does.
    bool is_required;
};

/// A bind mount in the child's private mount namespace.
struct csystem_bind {
    const char *_Nonnull source;
    const char *_Nonnull target;
    bool is_read_only;
};

struct csystem_spawn {
    /// A path, or a name that is searched in the PATH of `environment`.
    const char *_Nonnull program;
    char *_Nullable const *_Nonnull arguments;
    char *_Nullable const *_Nonnull environment;
    const char *_Nullable directory;
    int standard_input;
    int standard_output;
    int standard_error;
    bool makes_session;
    /// Whether standard input is a terminal to become the session's own.
    bool takes_terminal;
    const struct csystem_write *_Nullable writes;
    size_t write_count;
    /// A mount namespace to join, or -1.
    int mount_namespace;
    bool makes_private_mounts;
    const struct csystem_bind *_Nullable binds;
    size_t bind_count;
    bool sets_ids;
    uid_t user;
    gid_t group;
    const gid_t *_Nullable groups;
    size_t group_count;
};

/// The step at which a child failed.
enum csystem_spawn_step {
    csystem_spawn_fork = 1,
    csystem_spawn_write,
    csystem_spawn_namespace,
    csystem_spawn_mount,
    csystem_spawn_ids,
    csystem_spawn_directory,
    csystem_spawn_exec,
};

/// Starts the program; returns its pid when it has become the program. On failure -1 with errno, the failed step, and the index of the write
/// or bind that failed; the child is reaped then.
pid_t csystem_spawn(const struct csystem_spawn *_Nonnull spawn, int *_Nonnull step, size_t *_Nonnull index);

/// Opens a new terminal: the side that a program runs on, and the side of whoever talks to it.
int csystem_open_terminal(int *_Nonnull controller, int *_Nonnull terminal);
/// A descriptor that becomes readable when one of the signals is pending; they are blocked for the calling thread.
int csystem_signal_descriptor(const int *_Nonnull signals, size_t count);
/// The next pending signal of a signal descriptor, or -1 when there is none.
int csystem_next_signal(int descriptor);

#ifdef __cplusplus
}
#endif
