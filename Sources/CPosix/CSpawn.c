#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct failure {
    int step;
    int code;
    size_t index;
};

static void fail(int report, int step, size_t index) {
    struct failure failure = {.step = step, .code = errno, .index = index};
    ssize_t written = write(report, &failure, sizeof failure);
    (void)written;
    _exit(127);
}

/// Moves a descriptor above those that become standard input, output and error, so that no dup2 overwrites one that is still needed.
static int raise_descriptor(int descriptor) { return descriptor > 2 ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, 3); }

static void become(const struct csystem_spawn *spawn, int report) {
    report = raise_descriptor(report);
    int input = raise_descriptor(spawn->standard_input);
    int output = raise_descriptor(spawn->standard_output);
    int errors = raise_descriptor(spawn->standard_error);
    int mount_namespace = spawn->mount_namespace >= 0 ? raise_descriptor(spawn->mount_namespace) : -1;
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) fail(report, csystem_spawn_exec, 0);

    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (spawn->makes_session) setsid();
    if (spawn->takes_terminal) ioctl(0, TIOCSCTTY, 0);

    for (size_t index = 0; index < spawn->write_count; index++) {
        const struct csystem_write *item = &spawn->writes[index];
        int file = open(item->path, O_WRONLY | O_CLOEXEC);
        ssize_t written = file < 0 ? -1 : write(file, item->text, strlen(item->text));
        if (written < 0 && item->is_required) fail(report, csystem_spawn_write, index);
        if (file >= 0) close(file);
    }
    if (mount_namespace >= 0 && setns(mount_namespace, CLONE_NEWNS) != 0) fail(report, csystem_spawn_namespace, 0);
    if (spawn->makes_private_mounts) {
        if (unshare(CLONE_NEWNS) != 0) fail(report, csystem_spawn_namespace, 0);
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail(report, csystem_spawn_namespace, 0);
        for (size_t index = 0; index < spawn->bind_count; index++) {
            const struct csystem_bind *bind = &spawn->binds[index];
            if (mount(bind->source, bind->target, NULL, MS_BIND | MS_REC, NULL) != 0) fail(report, csystem_spawn_mount, index);
            if (bind->is_read_only && mount(NULL, bind->target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) != 0)
                fail(report, csystem_spawn_mount, index);
        }
    }
    if (spawn->sets_ids) {
        if (setgroups(spawn->group_count, spawn->groups) != 0) fail(report, csystem_spawn_ids, 0);
        if (setgid(spawn->group) != 0 || setuid(spawn->user) != 0) fail(report, csystem_spawn_ids, 0);
    }
    if (spawn->directory && chdir(spawn->directory) != 0) fail(report, csystem_spawn_directory, 0);
    syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
    // execvp searches the PATH of `environ`.
    environ = (char **)spawn->environment;
    execvp(spawn->program, spawn->arguments);
    fail(report, csystem_spawn_exec, 0);
}

pid_t csystem_spawn(const struct csystem_spawn *spawn, int *step, size_t *index) {
    int ends[2];
    *step = csystem_spawn_fork;
    *index = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;

    // No handler of the parent may run in the child before it has reset them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    if (child == 0) become(spawn, ends[1]);
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        errno = code;
        return -1;
    }
    struct failure failure;
    ssize_t count;
    do count = read(ends[0], &failure, sizeof failure);
    while (count < 0 && errno == EINTR);
    close(ends[0]);
    if (count != (ssize_t)sizeof failure) return child;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    *step = failure.step;
    *index = failure.index;
    errno = failure.code;
    return -1;
}

int csystem_open_terminal(int *controller, int *terminal) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return -1;
    char name[64];
    if (grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof name) != 0) {
        close(master);
        return -1;
    }
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) {
        close(master);
        return -1;
    }
    *controller = master;
    *terminal = slave;
    return 0;
}

int csystem_signal_descriptor(const int *signals, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t index = 0; index < count; index++) sigaddset(&set, signals[index]);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int csystem_next_signal(int descriptor) {
    struct signalfd_siginfo details;
    ssize_t count;
    do count = read(descriptor, &details, sizeof details);
    while (count < 0 && errno == EINTR);
    return count == (ssize_t)sizeof details ? (int)details.ssi_signo : -1;
}
