/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Who hears of each step of a broadcast: a few slots that are read without a lock.
 */

#include "observers.h"
#include "stripes.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>

/*! More than there are modules that could observe. */
#define SLOTS 16

/*! \brief What can be told. */
enum step_kind {
	STEP_OPENED,
	STEP_WIDENED,
	STEP_ANSWERED,
	STEP_LOST,
	STEP_CLOSED,
	STEP_ENDED,
	STEP_SILENT,
	STEP_KINDS
};

/*! \brief A place for one observer. */
struct slot {
	_Atomic(const struct broadcast_observer *) observer;
	/*! Whether a thread waits for the callers to leave. */
	atomic_int awaited;
};

static struct slot slots[SLOTS];

/*! Of each step the slots whose observers want to hear of it, a bit each: nobody enters one for nothing. */
static atomic_uint wanting[STEP_KINDS];

/*! \brief For each slot the threads of one stripe that are in one of its functions, or are about to see whether it is there. */
struct callers {
	alignas(STRIPE_ALIGNMENT) atomic_uint of_slot[SLOTS];
};

static struct callers callers[STRIPES];

/*! Protects who is put into which slot, and the wait for the callers. */
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;

static void slot_leave(size_t slot, unsigned int stripe)
{
	if (atomic_fetch_sub(&callers[stripe].of_slot[slot], 1) == 1 && atomic_load(&slots[slot].awaited)) {
		pthread_mutex_lock(&slots_lock);
		pthread_cond_broadcast(&left);
		pthread_mutex_unlock(&slots_lock);
	}
}

/*! \brief The observer in a slot, which stays there until slot_leave() with the same stripe; NULL if there is none. */
static const struct broadcast_observer *slot_enter(size_t slot, unsigned int stripe)
{
	const struct broadcast_observer *observer;

	/* First counted, then read: who empties the slot does it in the opposite order. */
	atomic_fetch_add(&callers[stripe].of_slot[slot], 1);
	observer = atomic_load(&slots[slot].observer);
	if (!observer) {
		slot_leave(slot, stripe);
	}
	return observer;
}

/*! \brief Whether an observer has a function for a step. */
static int wants(const struct broadcast_observer *observer, enum step_kind kind)
{
	switch (kind) {
	case STEP_OPENED:
		return observer->opened != NULL;
	case STEP_WIDENED:
		return observer->widened != NULL;
	case STEP_ANSWERED:
		return observer->answered != NULL;
	case STEP_LOST:
		return observer->lost != NULL;
	case STEP_CLOSED:
		return observer->closed != NULL;
	case STEP_ENDED:
		return observer->ended != NULL;
	case STEP_SILENT:
		return observer->silent != NULL;
	case STEP_KINDS:
		break;
	}
	return 0;
}

/*! \brief Have the observer in a slot hear of what it wants to; of nothing if it is NULL. With slots_lock. */
static void set_wanting(size_t slot, const struct broadcast_observer *observer)
{
	for (size_t kind = 0; kind < STEP_KINDS; kind++) {
		if (observer && wants(observer, (enum step_kind) kind)) {
			atomic_fetch_or(&wanting[kind], 1u << slot);
		} else {
			atomic_fetch_and(&wanting[kind], ~(1u << slot));
		}
	}
}

int observers_add(const struct broadcast_observer *observer)
{
	int result = -1;

	pthread_mutex_lock(&slots_lock);
	for (size_t i = 0; i < SLOTS && result; i++) {
		if (!atomic_load(&slots[i].observer) && !atomic_load(&slots[i].awaited)) {
			atomic_store(&slots[i].observer, observer);
			set_wanting(i, observer);
			result = 0;
		}
	}
	pthread_mutex_unlock(&slots_lock);
	return result;
}

/*! \brief Wait until no thread is in a slot, which is empty: who comes now sees that. With slots_lock. */
static void await_callers(size_t slot)
{
	for (size_t stripe = 0; stripe < STRIPES; stripe++) {
		while (atomic_load(&callers[stripe].of_slot[slot])) {
			pthread_cond_wait(&left, &slots_lock);
		}
	}
}

void observers_remove(const struct broadcast_observer *observer)
{
	pthread_mutex_lock(&slots_lock);
	for (size_t i = 0; i < SLOTS; i++) {
		if (atomic_load(&slots[i].observer) != observer) {
			continue;
		}
		atomic_store(&slots[i].awaited, 1);
		set_wanting(i, NULL);
		atomic_store(&slots[i].observer, NULL);
		await_callers(i);
		atomic_store(&slots[i].awaited, 0);
	}
	pthread_mutex_unlock(&slots_lock);
}

/*! \brief One step of a broadcast. */
struct step {
	enum step_kind kind;
	struct broadcast *broadcast;
	/*! Of widened, answered, lost (and silent), closed and ended, in this order. */
	struct names *added;
	const struct broadcast_answer *answer;
	const char *app;
	enum broadcast_state state;
	const struct broadcast_session *session;
	/*! Of silent. */
	int is_silent;
	unsigned int unanswered;
};

/*! \brief Call the function that an observer, which wants the step, has for it. */
static void tell_one(const struct broadcast_observer *observer, const struct step *step)
{
	switch (step->kind) {
	case STEP_OPENED:
		observer->opened(step->broadcast);
		return;
	case STEP_WIDENED:
		observer->widened(step->broadcast, step->added);
		return;
	case STEP_ANSWERED:
		observer->answered(step->broadcast, step->answer);
		return;
	case STEP_LOST:
		observer->lost(step->broadcast, step->app);
		return;
	case STEP_CLOSED:
		observer->closed(step->broadcast, step->state);
		return;
	case STEP_ENDED:
		observer->ended(step->broadcast, step->session);
		return;
	case STEP_SILENT:
		observer->silent(step->app, step->is_silent, step->unanswered);
		return;
	case STEP_KINDS:
		return;
	}
}

static void tell(const struct step *step)
{
	unsigned int slots_left = atomic_load_explicit(&wanting[step->kind], memory_order_relaxed);
	const unsigned int stripe = slots_left ? stripe_here() : 0;

	for (; slots_left; slots_left &= slots_left - 1) {
		const size_t slot = (size_t) __builtin_ctz(slots_left);
		const struct broadcast_observer *observer = slot_enter(slot, stripe);

		if (observer) {
			/* Another one may be in the slot by now, which does not want to hear of this. */
			if (wants(observer, step->kind)) {
				tell_one(observer, step);
			}
			slot_leave(slot, stripe);
		}
	}
}

void observers_opened(struct broadcast *broadcast)
{
	tell(&(struct step){ .kind = STEP_OPENED, .broadcast = broadcast });
}

void observers_widened(struct broadcast *broadcast, struct names *added)
{
	tell(&(struct step){ .kind = STEP_WIDENED, .broadcast = broadcast, .added = added });
}

void observers_answered(struct broadcast *broadcast, const struct broadcast_answer *answer)
{
	tell(&(struct step){ .kind = STEP_ANSWERED, .broadcast = broadcast, .answer = answer });
}

void observers_lost(struct broadcast *broadcast, const char *app)
{
	tell(&(struct step){ .kind = STEP_LOST, .broadcast = broadcast, .app = app });
}

void observers_closed(struct broadcast *broadcast, enum broadcast_state state)
{
	tell(&(struct step){ .kind = STEP_CLOSED, .broadcast = broadcast, .state = state });
}

void observers_ended(struct broadcast *broadcast, const struct broadcast_session *session)
{
	tell(&(struct step){ .kind = STEP_ENDED, .broadcast = broadcast, .session = session });
}

void observers_silent(const char *app, int is_silent, unsigned int unanswered)
{
	tell(&(struct step){ .kind = STEP_SILENT, .app = app, .is_silent = is_silent, .unanswered = unanswered });
}
