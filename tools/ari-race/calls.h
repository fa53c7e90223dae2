/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

#ifndef ARI_RACE_CALLS_H
#define ARI_RACE_CALLS_H

/*! \file
 * \brief The calls of a run: a table by channel id, with what happened to each. Calls stay in it until
 * the end, because an answer or an offer may come when all else is over.
 */

#include "timers.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct apps;
struct call;
struct node;
struct options;
struct race;

/*! \brief One application's claim, from the offer until its answer. */
struct claim {
	struct claim *next; /*!< of the same call */
	struct race *race;
	struct call *call;
	struct app *app;
	uint64_t offered_ns;
	uint64_t sent_ns; /*!< 0: it still thinks, or waits for a connection */
	struct timer think;
	char *node;  /*!< over NATS: who has offered it, as the token of a subject; else NULL */
	char *offer; /*!< over NATS: what names the offer, or empty; else NULL */
};

enum call_state {
	CALL_NEW,     /*!< originate sent, no answer yet */
	CALL_OPEN,    /*!< may be on offer */
	CALL_WON,     /*!< a claim got 204 */
	CALL_STARTED, /*!< StasisStart came, nobody has hung up */
	CALL_HANGING, /*!< hang-up sent */
	CALL_OVER,
	CALL_FAILED, /*!< could not be originated */
};

struct call {
	struct race *race;
	size_t number;     /*!< from 1, in the order of their beginning */
	char *id;          /*!< of the channel on offer */
	struct node *node; /*!< where it is, as far as is known */
	enum call_state state;
	struct timer timer;  /*!< what to wait for depends on the state */
	uint64_t created_ns; /*!< originate sent; 0 if it came from elsewhere */
	uint64_t first_offer_ns;
	uint64_t last_offer_ns; /*!< an application's first offer for this call only */
	uint32_t offers;        /*!< applications that were offered it */
	uint32_t declined;      /*!< applications whose decline got 204 */
	uint32_t winners;       /*!< claims that got 204, of different applications */
	struct app *winner;     /*!< the first of them */
	uint64_t won_offered_ns;
	uint64_t won_sent_ns;
	uint64_t won_answered_ns;
	struct app *started; /*!< the application that got StasisStart */
	uint64_t started_ns;
	uint64_t won_due_ns; /*!< over NATS: until when its WebSocket surely counts as in time; else 0 */
	bool excused;        /*!< a winner lost its WebSocket before StasisStart */
	struct claim *claims;
	uint64_t *chosen; /*!< bitmap of the applications that claim; NULL: all claimers do */
	uint64_t seen[];  /*!< bitmap of the applications that were offered it */
};

struct calls {
	struct call **table; /*!< by hash of the id; open addressing */
	size_t table_size;   /*!< a power of two */
	struct call **list;  /*!< by number, from index 0 */
	size_t count;
	size_t list_size;
	size_t open; /*!< neither over nor failed */
	const struct options *options;
	size_t apps;
	size_t claimers;
};

/*! \brief Make an empty table; \a options is borrowed. */
void calls_open(struct calls *calls, const struct options *options, const struct apps *apps);

/*! \brief Free all calls and their claims. */
void calls_close(struct calls *calls);

/*! \brief Find a call by the id of its channel. \return NULL if there is none */
struct call *calls_find(const struct calls *calls, const char *id);

/*! \brief Add a call; \a id is copied. It counts as open. Its node is the caller's to set. */
struct call *calls_add(struct calls *calls, struct race *race, const char *id);

/*! \brief Whether an application is one of those that claim this call. */
bool call_chosen(const struct call *call, const struct app *app);

/*! \brief Note that an application was offered the call. \return false if it had been before */
bool call_mark_seen(struct call *call, const struct app *app);

/*! \brief Add a claim to a call. */
struct claim *claim_create(struct call *call, struct app *app, uint64_t offered_ns);

/*! \brief Note to which offer, made over NATS, a claim belongs; both are copied. */
void claim_for_offer(struct claim *claim, const char *node, const char *offer);

/*! \brief Find the claim that an application has under way. \return NULL if it has none */
struct claim *claim_find(const struct call *call, const struct app *app);

/*! \brief Take a claim off its call and free it. */
void claim_destroy(struct claim *claim);

#endif /* ARI_RACE_CALLS_H */
