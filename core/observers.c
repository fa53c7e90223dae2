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

#include <pthread.h>
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
	STEP_SILENT
};

/*! \brief A place for one observer. */
struct slot {
	_Atomic(const struct broadcast_observer *) observer;
	/*!
	 * The steps that it wants to hear of, a bit each. To be counted among the callers takes the cache line from all other
	 * cores, so that nobody is for a step that the observer has no function for.
	 */
	atomic_uint wanted;
	/*! Threads that are in one of its functions, or are about to see whether it is there. */
	atomic_uint callers;
	/*! Whether a thread waits for the callers to leave. */
	atomic_int awaited;
};

static struct slot slots[SLOTS];

/*! Protects who is put into which slot, and the wait for the callers. */
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;

static void slot_leave(struct slot *slot)
{
	if (atomic_fetch_sub(&slot->callers, 1) == 1 && atomic_load(&slot->awaited)) {
		pthread_mutex_lock(&slots_lock);
		pthread_cond_broadcast(&left);
		pthread_mutex_unlock(&slots_lock);
	}
}

/*! \brief The observer in a slot, which stays there until slot_leave(); NULL if there is none that wants a step. */
static const struct broadcast_observer *slot_enter(struct slot *slot, enum step_kind kind)
{
	const struct broadcast_observer *observer;

	if (!(atomic_load_explicit(&slot->wanted, memory_order_relaxed) & 1u << kind)) {
		return NULL;
	}
	/* First counted, then read: who empties the slot does it in the opposite order. */
	atomic_fetch_add(&slot->callers, 1);
	observer = atomic_load(&slot->observer);
	if (!observer) {
		slot_leave(slot);
	}
	return observer;
}

static unsigned int wanted_steps(const struct broadcast_observer *observer)
{
	return (observer->opened ? 1u << STEP_OPENED : 0) | (observer->widened ? 1u << STEP_WIDENED : 0) |
		(observer->answered ? 1u << STEP_ANSWERED : 0) | (observer->lost ? 1u << STEP_LOST : 0) |
		(observer->closed ? 1u << STEP_CLOSED : 0) | (observer->ended ? 1u << STEP_ENDED : 0) |
		(observer->silent ? 1u << STEP_SILENT : 0);
}

int observers_add(const struct broadcast_observer *observer)
{
	int result = -1;

	pthread_mutex_lock(&slots_lock);
	for (size_t i = 0; i < SLOTS && result; i++) {
		if (!atomic_load(&slots[i].observer) && !atomic_load(&slots[i].awaited)) {
			atomic_store(&slots[i].observer, observer);
			atomic_store(&slots[i].wanted, wanted_steps(observer));
			result = 0;
		}
	}
	pthread_mutex_unlock(&slots_lock);
	return result;
}

void observers_remove(const struct broadcast_observer *observer)
{
	pthread_mutex_lock(&slots_lock);
	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *slot = &slots[i];

		if (atomic_load(&slot->observer) != observer) {
			continue;
		}
		atomic_store(&slot->awaited, 1);
		atomic_store(&slot->wanted, 0);
		atomic_store(&slot->observer, NULL);
		while (atomic_load(&slot->callers)) {
			pthread_cond_wait(&left, &slots_lock);
		}
		atomic_store(&slot->awaited, 0);
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

static void tell_one(const struct broadcast_observer *observer, const struct step *step)
{
	if (step->kind == STEP_OPENED && observer->opened) {
		observer->opened(step->broadcast);
	} else if (step->kind == STEP_WIDENED && observer->widened) {
		observer->widened(step->broadcast, step->added);
	} else if (step->kind == STEP_ANSWERED && observer->answered) {
		observer->answered(step->broadcast, step->answer);
	} else if (step->kind == STEP_LOST && observer->lost) {
		observer->lost(step->broadcast, step->app);
	} else if (step->kind == STEP_CLOSED && observer->closed) {
		observer->closed(step->broadcast, step->state);
	} else if (step->kind == STEP_ENDED && observer->ended) {
		observer->ended(step->broadcast, step->session);
	} else if (step->kind == STEP_SILENT && observer->silent) {
		observer->silent(step->app, step->is_silent, step->unanswered);
	}
}

static void tell(const struct step *step)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct broadcast_observer *observer = slot_enter(&slots[i], step->kind);

		if (observer) {
			tell_one(observer, step);
			slot_leave(&slots[i]);
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
