/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief The next call in line for an application that asks for one.
 */

#include "asterisk.h"

#include "directory.h"
#include "line.h"

/*! \brief Let a place sink in a heap of which only it is in the wrong place. */
static void sink(struct line *heap, size_t count, size_t place)
{
	for (;;) {
		size_t first = 2 * place + 1;
		struct line moved;

		if (first >= count) {
			return;
		}
		if (first + 1 < count && line_compare(&heap[first + 1], &heap[first]) < 0) {
			first++;
		}
		if (line_compare(&heap[place], &heap[first]) < 0) {
			return;
		}
		moved = heap[place];
		heap[place] = heap[first];
		heap[first] = moved;
		place = first;
	}
}

/*! \brief Make a heap: most who ask take one of the first few, and the others need no order. */
static void make_heap(struct line *places, size_t count)
{
	for (size_t i = count / 2; i-- > 0;) {
		sink(places, count, i);
	}
}

/*! \brief Put the first place of a heap behind the others. \return How many are left in the heap. */
static size_t pop(struct line *heap, size_t count)
{
	const struct line first = heap[0];

	count--;
	heap[0] = heap[count];
	heap[count] = first;
	sink(heap, count, 0);
	return count;
}

/*!
 * \brief Claim the first of a snapshot that the application may have.
 *
 * \param[out] is_disputed Whether another was faster with one that it might have had.
 * \return A reference; NULL if there is none.
 */
static struct broadcast *take_first(struct line *heap, size_t count, const char *app_name, int *is_disputed)
{
	*is_disputed = 0;
	while (count) {
		struct broadcast *broadcast = heap[0].broadcast;

		if (!heap[0].is_open) {
			/* The open ones come first. */
			return NULL;
		}
		if (broadcast_may_claim(broadcast, app_name, directory_has)) {
			if (broadcast_take(broadcast, app_name, directory_has) == BROADCAST_OK) {
				return broadcast_ref(broadcast);
			}
			*is_disputed |= broadcast_state(broadcast) != BROADCAST_OPEN;
		}
		count = pop(heap, count);
	}
	return NULL;
}

struct broadcast *line_take(const char *app_name)
{
	struct broadcast *taken = NULL;
	int is_disputed;

	do {
		size_t count;
		size_t open;
		struct line *places = line_snapshot(&count, &open);

		is_disputed = 0;
		if (places) {
			make_heap(places, count);
			taken = take_first(places, count, app_name, &is_disputed);
			line_free(places, count);
		}
	} while (!taken && is_disputed);
	return taken;
}
