/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whether a thread is blocked or merely waits for a CPU, which the time that it takes cannot tell.
 */

#include "dispatch_private.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

/*! \brief The beginning of a small file. \return How many bytes, without the 0 at their end; -1 without the file. */
static ssize_t read_start(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0) {
		return -1;
	}
	length = read(fd, buf, size - 1);
	close(fd);
	buf[MAX(length, 0)] = '\0';
	return length;
}

int thread_is_blocked(pid_t tid)
{
	char path[64];
	char stat[128];
	const char *state;

	/* "1234 (name) S …": the name is the program's, of 15 characters at most, and may hold anything. */
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int) tid);
	if (read_start(path, stat, sizeof(stat)) <= 0) {
		return -1;
	}
	state = strrchr(stat, ')');
	if (!state || state[1] != ' ' || !state[2]) {
		return -1;
	}
	return state[2] != 'R';
}

int64_t thread_cpu_ns(pthread_t thread)
{
	struct timespec used;
	clockid_t clock;

	if (pthread_getcpuclockid(thread, &clock) || clock_gettime(clock, &used)) {
		return -1;
	}
	return used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}
