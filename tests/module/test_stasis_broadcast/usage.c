/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the process uses: memory, threads, CPU time.
 */

/* Asterisk puts its own allocator over these names, which malloc.h does not survive. */
#include <malloc.h>

#include "cases.h"

#include <time.h>
#include <unistd.h>

#include "asterisk/cli.h"

size_t memory_used(void)
{
#if __GLIBC_PREREQ(2, 33)
	struct mallinfo2 info = mallinfo2();
#else
	struct mallinfo info = mallinfo();
#endif

	return (size_t) info.uordblks + (size_t) info.hblkhd;
}

/*! \brief Count the threads that do not belong to a pool of Asterisk's, and log them if asked to. */
static size_t list_threads(int log)
{
	FILE *file = tmpfile();
	char line[256];
	size_t count = 0;

	if (!file) {
		return 0;
	}
	ast_cli_command(fileno(file), "core show threads");
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (strstr(line, " started at ") && !strstr(line, " threadpool.c ") &&
			!strstr(line, " taskpool.c ")) {
			count++;
			if (log) {
				ast_log(LOG_NOTICE, "Thread %s", line);
			}
		}
	}
	fclose(file);
	return count;
}

size_t threads_count(void)
{
	return list_threads(0);
}

size_t threads_settled(void)
{
	size_t before;
	size_t now = threads_count();

	do {
		before = now;
		sleep_until(now_ms() + 200);
		now = threads_count();
	} while (now != before);
	return now;
}

size_t threads_return(size_t count)
{
	const int64_t end_ms = now_ms() + 40000;
	size_t now;

	while ((now = threads_count()) > count && now_ms() < end_ms) {
		sleep_until(now_ms() + 100);
	}
	return now > count ? list_threads(1) : now;
}

int64_t cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}
