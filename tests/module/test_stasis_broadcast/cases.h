/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief What the test cases share: applications, calls, waits and threads that are taken away after
 * each case.
 *
 * The cases know nothing but the public API, so that they judge any provider of it. They run one at a
 * time. Whatever a case makes here belongs to the scene, which ends with the case, so that a case may
 * return at its first failure.
 */

#ifndef TEST_STASIS_BROADCAST_H
#define TEST_STASIS_BROADCAST_H

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/frame.h"
#include "asterisk/json.h"
#include "asterisk/module.h"
#include "asterisk/stasis_app.h"
#include "asterisk/stasis_app_broadcast.h"
#include "asterisk/test.h"
#include "asterisk/utils.h"

/*! \brief The longest time that a broadcast stays open, in milliseconds. */
#define DAY_MS (24 * 60 * 60 * 1000)

/*! \brief How long to wait for what must happen at once, in milliseconds; only a failure waits so long. */
#define PATIENCE_MS 30000

/*! \brief How often a race is run. */
#define ROUNDS 200

/*! \brief What waiter_result() gives for a wait that had to be ended by force. */
#define NEVER INT_MAX

/*! \brief A file's test cases, ended by NULL. */
extern ast_test_cb_t *const argument_cases[];
extern ast_test_cb_t *const claim_cases[];
extern ast_test_cb_t *const deadline_cases[];
extern ast_test_cb_t *const directory_cases[];
extern ast_test_cb_t *const event_cases[];
extern ast_test_cb_t *const filter_cases[];
extern ast_test_cb_t *const lifecycle_cases[];
extern ast_test_cb_t *const line_cases[];
extern ast_test_cb_t *const masquerade_cases[];
extern ast_test_cb_t *const media_cases[];
extern ast_test_cb_t *const provider_cases[];
extern ast_test_cb_t *const queue_cases[];
extern ast_test_cb_t *const setting_cases[];
extern ast_test_cb_t *const source_cases[];
extern ast_test_cb_t *const stall_cases[];
extern ast_test_cb_t *const volume_cases[];

/*! \brief Fill in what Asterisk wants to know of a case. \return What the case is to return then. */
enum ast_test_result_state describe(struct ast_test_info *info, const char *name, const char *summary);

/*
 * settings.c
 */

/*! \brief Make stasis_broadcast.conf and have it read. \return What the reload came to; -1 if it cannot be written. */
int reload_with(const char *text);

/*! \brief Take the file away. \return What the reload came to. */
int reload_without(void);

/*
 * scene.c
 */

/*! \brief Once, when the module is loaded and unloaded. */
void scene_init(void);
void scene_cleanup(void);

/*! \brief The monotonic clock in milliseconds, and in microseconds. */
int64_t now_ms(void);
int64_t now_us(void);

/*! \brief Sleep until now_ms() has reached \a when_ms. For time that is to pass, not for others to be ready. */
void sleep_until(int64_t when_ms);
void sleep_until_us(int64_t when_us);

/*! \brief Protects everything that applications, waits and calls note down. */
void scene_lock(void);
void scene_unlock(void);

/*! \brief Tell who waits in eventually() that something was noted down. With the lock held. */
void scene_changed(void);

/*! \brief Wait until something is noted down, however long that takes. With the lock held. */
void scene_sleep(void);

/*!
 * \brief Wait until something is true.
 *
 * \param is_true Asked with the lock held, whenever something was noted down.
 * \param data For \a is_true.
 *
 * \return 1 as soon as it is, 0 if it is not after \c PATIENCE_MS.
 */
int eventually(int (*is_true)(void *data), void *data);

/*! \brief Run a function in \a count threads at the same moment, and wait until all have returned. */
void together(size_t count, void (*function)(size_t index, void *data), void *data);

/*! \brief Take away what a case made. \return 0; -1 if something is still referred to. */
int scene_end(void);

/*
 * apps.c: registered Stasis applications that note down what they are told
 */

struct app;

/*! \brief Something that an application was told. Borrowed from the application. */
struct told {
	/*! Counts over all applications, in the order in which they were told. */
	size_t order;
	struct ast_json *event;
};

/*! \brief Register an application. \return It, the scene's; NULL on failure. */
struct app *app_new(const char *name);

/*! \brief Register \a count applications, named \a prefix and 0, 1, 2 ... \retval 0 on success, else -1. */
int apps_new(const char *prefix, size_t count, struct app **apps);

/*! \brief Its name. */
const char *app_name(const struct app *app);

/*! \brief Unregister an application now; what it was told stays. */
void app_leave(struct app *app);

/*! \brief Let an application claim each offer at once, from within its callback. */
void app_claims(struct app *app);

/*! \brief Let an application remember only the last offer and what came after it. */
void app_forgets(struct app *app);

/*! \brief Let an application take CPU time for each offer, in milliseconds. */
void app_works(struct app *app, int ms);

/*! \brief Let an application stop reading: from now on its callback does not return. */
void app_hold(struct app *app);

/*! \brief Let it read again. */
void app_release(struct app *app);

/*! \brief Let all of them read again. */
void apps_release(void);

/*! \brief Wait until an application that holds has been told something. \return Whether it was. */
int app_is_stuck(struct app *app);

/*! \brief How many events of a type an application was told; of one channel unless \a id is NULL. */
size_t app_count(struct app *app, const char *type, const char *id);

/*! \brief Wait until app_count() is at least \a count. \return Whether it is. */
int app_hears(struct app *app, const char *type, const char *id, size_t count);

/*! \brief The event of that type about that channel; its \c event is NULL if there is none. */
struct told app_told(struct app *app, const char *type, const char *id);

/*! \brief The channel IDs of the offers that an application was told, as an array to ast_free(). */
char **app_offers(struct app *app, size_t *count);

/*!
 * \brief Wait until everything that was sent up to now has arrived.
 *
 * Another channel is offered to all, twice: as each application is told things in their order, one that has
 * heard of it has heard everything before.
 *
 * \return Whether it arrived everywhere.
 */
int apps_settle(void);

/*! \brief The same without one that hears of nothing. */
int apps_settle_but(struct app *app);

/*! \brief Take them all away. \return How many are still referred to by somebody else. */
size_t apps_end(void);

/*
 * calls.c: channels, and waits on them
 */

/*! \brief A channel of a technology that does nothing. */
struct call {
	struct ast_channel *chan;
	/*! Its unique ID, also when it is gone. */
	char id[64];
	/*! Frames that were read from it, by type. */
	size_t read[32];
	struct call *next;
	int ended;
};

int calls_init(void);
void calls_cleanup(void);

/*! \brief Make a channel that is up, with slin at 8 kHz. \return It, the scene's; NULL on failure. */
struct call *call_new(void);

/*! \brief Hang up and destroy a channel now. \a call stays, with its ID. */
void call_end(struct call *call);

/*! \brief Ask a channel to hang up, as another thread does. */
void call_softhangup(struct call *call);

/*! \brief Offer it without a CallClaimed event. \return What stasis_app_broadcast_channel() does. */
int call_offer(struct call *call, int timeout_ms, const char *filter);

/*! \brief Claim it. \return What stasis_app_claim_channel() does. */
int call_claim(struct call *call, const char *app);

/*! \brief Whether \a app, or for NULL nobody, is the winner. */
int call_won_by(struct call *call, const char *app);

/*! \brief Let a frame of 20 ms of sound arrive. */
void call_sound(struct call *call);

/*! \brief Let a frame without data arrive, of a type with a number (control, DTMF). */
void call_frame(struct call *call, enum ast_frame_type type, int number, int len_ms);

/*! \brief Let a text frame arrive. */
void call_text(struct call *call, const char *text);

/*! \brief How many frames of a type wait to be read. */
size_t call_waiting(struct call *call, enum ast_frame_type type);

/*! \brief Wait until \a count frames of a type have been read. \return Whether they were. */
int call_was_read(struct call *call, enum ast_frame_type type, size_t count);

/*! \brief Take them all away. \return How many are still referred to by somebody else. */
size_t calls_end(void);

/*! \brief A thread that is in stasis_app_broadcast_wait(). */
struct waiter;

/*! \brief Wait on a call in a thread of its own. \return It, the scene's, as soon as it waits. */
struct waiter *waiter_new(struct call *call, int timeout_ms);

/*! \brief Whether it waits still. */
int waiter_waits(struct waiter *waiter);

/*! \brief What the wait returned; \c NEVER if it did not in \c PATIENCE_MS and had to be ended by force. */
int waiter_result(struct waiter *waiter);

/*! \brief Wait in a thread of its own, so that a wait that does not return fails the case only. */
int wait_on(struct call *call, int timeout_ms);

/*! \brief End them all. */
void waiters_end(void);

/*
 * runs.c: the dialplan application in a thread of its own
 */

/*! \brief StasisBroadcast() in a thread of its own. */
struct run {
	struct call *call;
	const char *arguments;
	pthread_t thread;
	int started;
};

/*! \brief Run it for a call, for a minute, with the application's \c notify_claimed. \retval 0 on success. */
int run_start(struct run *run, struct call *call);

/*! \brief Run it with other arguments, which stay where they are until it has ended. */
int run_start_with(struct run *run, struct call *call, const char *arguments);

/*! \brief Let a run come to its end, with its channel's if need be. */
void run_end(struct run *run);

/*! \brief Wait until it has come to its end by itself. */
void run_wait(struct run *run);

/*! \brief The value of a variable of a channel is this one. */
int call_has(struct call *call, const char *name, const char *value);

/*
 * usage.c: what the process uses
 */

/*! \brief Memory in use in all arenas, in bytes. */
size_t memory_used(void);

/*! \brief Threads that are there to stay: not those of Asterisk's thread pools, which come and go. */
size_t threads_count(void);

/*! \brief The same once it stays: a thread that was just started is listed only when it runs for the first time. */
size_t threads_settled(void);

/*!
 * \brief Wait until there are no more than \a count, since those that stood in for others stay for a while.
 *
 * \return How many there are; more than \a count if there still are after 40 seconds.
 */
size_t threads_return(size_t count);

/*! \brief CPU time of the calling thread, in microseconds. */
int64_t cpu_us(void);

/*! \brief Make stasis_broadcast.conf and have it read. \return What the reload came to; -1 if it cannot be written. */
int reload_with(const char *text);

/*! \brief Take it away, and have that read. \return What the reload came to. */
int reload_without(void);

#endif /* TEST_STASIS_BROADCAST_H */
