/* Loaded before the C library: while the file $FULL_DISK_FLAG exists, nothing more can be written below $FULL_DISK_ROOT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_below_root(const char *path) {
    const char *root = getenv("FULL_DISK_ROOT");
    return root && strncmp(path, root, strlen(root)) == 0;
}

static int is_full(void) {
    const char *flag = getenv("FULL_DISK_FLAG");
    return flag && access(flag, F_OK) == 0;
}

static int is_full_path(const char *path) { return is_full() && path && is_below_root(path); }

static int is_full_file(int descriptor) {
    if (!is_full()) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t count = readlink(link, path, sizeof path - 1);
    if (count < 0) return 0;
    path[count] = 0;
    return is_below_root(path);
}

static int refuse(void) {
    errno = ENOSPC;
    return -1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *bytes, size_t count) {
    return is_full_file(descriptor) ? refuse() : NEXT(write)(descriptor, bytes, count);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    return is_full_file(descriptor) ? refuse() : NEXT(writev)(descriptor, parts, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return is_full_file(descriptor) ? refuse() : NEXT(pwrite)(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    return is_full_file(descriptor) ? refuse() : NEXT(pwrite64)(descriptor, bytes, count, offset);
}

int mkdir(const char *path, mode_t mode) { return is_full_path(path) ? refuse() : NEXT(mkdir)(path, mode); }

#define OPEN(name)                                                                        \
    int name(const char *path, int flags, ...) {                                          \
        va_list rest;                                                                     \
        va_start(rest, flags);                                                            \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;           \
        va_end(rest);                                                                     \
        int makes = (flags & O_CREAT) && access(path, F_OK) != 0;                         \
        return makes && is_full_path(path) ? refuse() : NEXT(name)(path, flags, mode);    \
    }
OPEN(open)
OPEN(open64)
