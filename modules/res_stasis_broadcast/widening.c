/*
 * Stasis Broadcast: a call for every ARI application, and the first to claim it gets it.
 *
 * This program is free software; you can redistribute it and/or modify it under the terms
 * of the GNU General Public License, version 2 or (at your option) any later version.
 */

/*! \file
 * \brief Whom a call is offered to at first, and when to more: circles, and k first (SPEC section 8).
 */

#include "asterisk.h"

#include "asterisk/channel.h"
#include "asterisk/json.h"
#include "asterisk/utils.h"

#include "candidates.h"
#include "dispatch/dispatch.h"
#include "events.h"
#include "offer_data.h"
#include "pace.h"
#include "settings.h"
#include "widening.h"

/*! With \c first = auto: to more applications than these, a call is offered step by step. */
#define AUTO_ABOVE 100

/*! And so many are the first ones. */
#define AUTO_FIRST 32

/*! After each step, so many times as many have the offer. */
#define STEP_FACTOR 4

/*! So many steps ask more applications than there can be. */
#define MAX_STEPS 16

#define NS_PER_MS INT64_C(1000000)

/*! How long claims take of late, of calls that go from step to step as it says. */
static struct pace pace;

/*! \brief Who was asked when. */
struct step {
	struct names *names;
	int64_t asked_ns;
};

struct widening {
	size_t rounds;
	int round_ms[BROADCAST_MAX_ROUNDS];
	/*! References; NULL: every application. */
	struct app_filter *filters[BROADCAST_MAX_ROUNDS];
	/*! The text of all of them, if there are several. */
	char *filter_text;
	struct names *excluded;
	/*! How many are the first ones in a circle; 0: all; \c SETTINGS_FIRST_AUTO. */
	int first;
	/*! From one step to the next, if the dialplan says so; 0: as \c pace does. */
	int step_ms;
	/*! Whether the order of the recipients is to be one of its own. */
	int is_shuffled;
	/*! The circle that is open, from 0 on. */
	size_t round;
	int64_t round_end_ns;
	/*! Those of the open circle that are not asked yet. */
	struct candidates candidates;
	/*! Whether they are of a moment ago, so that the next step has to find those of now. */
	int is_recent;
	/*! Of the open circle. */
	struct step steps[MAX_STEPS];
	size_t step_count;
	/*! When the next of them are. */
	int64_t step_ns;
	/*! How many had the offer before: by an earlier broadcast of the call, or when the others were of a moment ago. */
	size_t had;
	struct delivery *delivery;
};

struct widening *widening_create(const struct offer_request *request)
{
	struct widening *widening = ast_calloc(1, sizeof(*widening));
	struct settings settings;

	if (!widening) {
		return NULL;
	}
	widening->rounds = MAX(request->rounds, 1);
	for (size_t i = 0; i < request->rounds; i++) {
		widening->round_ms[i] = request->round_ms[i];
	}
	widening->excluded = names_ref(request->excluded);
	widening->is_shuffled = request->bid_window_ms > 0;
	if (request->has_first) {
		widening->first = request->first;
		widening->step_ms = request->first_step_ms;
	} else if (!request->bid_window_ms) {
		/* Among a few at random is not the most suitable: who wants that says so. */
		settings_get(&settings);
		widening->first = settings.first;
	}
	return widening;
}

/*! \brief Forget who was asked when. */
static void forget_steps(struct widening *widening)
{
	while (widening->step_count) {
		names_unref(widening->steps[--widening->step_count].names);
	}
}

void widening_free(struct widening *widening)
{
	if (!widening) {
		return;
	}
	/* All that there were: circles may have been given up. */
	for (size_t i = 0; i < ARRAY_LEN(widening->filters); i++) {
		app_filter_unref(widening->filters[i]);
	}
	names_unref(widening->excluded);
	candidates_clear(&widening->candidates);
	forget_steps(widening);
	delivery_unref(widening->delivery);
	ast_free(widening->filter_text);
	ast_free(widening);
}

size_t widening_rounds(const struct widening *widening)
{
	return widening->rounds;
}

void widening_set_filter(struct widening *widening, size_t round, struct app_filter *filter)
{
	widening->filters[round] = filter;
}

struct app_filter *widening_filter(const struct widening *widening, size_t round)
{
	return widening->filters[round];
}

/*! \brief Write a filter so that its ampersands are letters. \return The end of what was written. */
static char *escape_filter(char *to, const char *text)
{
	for (; *text; text++) {
		if (*text == '&') {
			*to++ = '\\';
		}
		*to++ = *text;
	}
	return to;
}

int widening_filter_text(struct widening *widening, const char **text)
{
	size_t size = 0;
	char *end;

	*text = NULL;
	if (widening->rounds == 1) {
		return 0;
	}
	for (size_t i = 0; i < widening->rounds; i++) {
		size += 2 * strlen(app_filter_text(widening->filters[i])) + 1;
	}
	widening->filter_text = end = ast_malloc(size);
	if (!end) {
		return -1;
	}
	for (size_t i = 0; i < widening->rounds; i++) {
		if (i) {
			*end++ = '&';
		}
		end = escape_filter(end, app_filter_text(widening->filters[i]));
	}
	*end = '\0';
	*text = widening->filter_text;
	return 0;
}

/*! \brief How many of a circle are the first ones. */
static size_t count_first(const struct widening *widening)
{
	const size_t left = candidates_left(&widening->candidates);

	if (widening->first == SETTINGS_FIRST_AUTO) {
		return left > AUTO_ABOVE ? AUTO_FIRST : left;
	}
	return widening->first ? MIN((size_t) widening->first, left) : left;
}

/*! \brief Have the others wait from now on, for as long as a step takes. */
static void begin_step(struct widening *widening, int64_t now_ns)
{
	widening->step_ns =
		now_ns + (widening->step_ms ? widening->step_ms * NS_PER_MS : pace_step_ns(&pace, now_ns));
}

/*! \brief Take so many of the candidates; the others have to wait for the next step. */
static struct names *take(struct widening *widening, size_t count)
{
	struct names *names = candidates_take(&widening->candidates, count);
	const int64_t now_ns = broadcast_clock_ns();

	begin_step(widening, now_ns);
	if (!names) {
		/* Without memory there is no next time. */
		candidates_clear(&widening->candidates);
	} else if (widening->candidates.order && widening->step_count < MAX_STEPS) {
		widening->steps[widening->step_count++] = (struct step){ names_ref(names), now_ns };
	}
	return names;
}

/*!
 * \brief Have the candidates of the open circle in their order: one of its own, unless all are asked at once.
 *
 * \param names All of them; the reference is taken. NULL: without memory there are none.
 * \param known Who is no candidate; NULL: all are.
 *
 * \retval 0 on success, -1 if memory ran out.
 */
static int fill_candidates(struct widening *widening, struct names *names, const struct names *known)
{
	const int in_order = !widening->is_shuffled &&
		(!widening->first || (widening->first == SETTINGS_FIRST_AUTO && names_count(names) <= AUTO_ABOVE));

	candidates_clear(&widening->candidates);
	return names ? candidates_fill(&widening->candidates, names, known, !in_order) : -1;
}

/*!
 * \brief Find those of the open circle that are not among \a known. Without memory there are none.
 *
 * \retval 0 on success, -1 if memory ran out.
 */
static int find_candidates(
	struct widening *widening, const struct ast_channel *chan, const struct names *known)
{
	return fill_candidates(
		widening, candidates_find(chan, widening->filters[widening->round], widening->excluded), known);
}

/*! \brief Go on to the next circle, whose time begins. */
static void open_next_round(struct widening *widening)
{
	widening->round++;
	widening->had = 0;
	widening->is_recent = 0;
	forget_steps(widening);
	widening->round_end_ns = broadcast_clock_ns() + widening->round_ms[widening->round] * NS_PER_MS;
}

static int has_more_rounds(const struct widening *widening)
{
	return widening->round + 1 < widening->rounds;
}

int widening_has_more(const struct widening *widening)
{
	return candidates_left(&widening->candidates) || has_more_rounds(widening);
}

/*!
 * \brief Begin where an earlier broadcast of the call had come to.
 *
 * \param[out] first Those that had the offer, and are there still.
 * \retval 0 on success, -1 if memory ran out.
 */
static int begin_again(struct widening *widening, const struct ast_channel *chan, struct broadcast *continues,
	struct names **first)
{
	const struct offer *offer = broadcast_data(continues);
	struct names *had = broadcast_recipients(continues);
	int failed;

	widening->round = MIN((size_t) atomic_load(&offer->round) - 1, widening->rounds - 1);
	widening->round_end_ns = offer->first_ns + offer->round_end_ms * NS_PER_MS;
	*first = candidates_still_there(had, widening->excluded);
	failed = !*first || find_candidates(widening, chan, *first);
	names_unref(had);
	widening->had = names_count(*first);
	begin_step(widening, broadcast_clock_ns());
	if (!failed && (!widening->had || count_first(widening) == candidates_left(&widening->candidates))) {
		/* Nobody is left of them, or there is no need to wait with the others. */
		struct names *more = take(widening, count_first(widening));
		struct names *all = more ? candidates_join(*first, more) : NULL;

		names_unref(more);
		names_unref(*first);
		*first = all;
		failed = !all;
	}
	return failed ? -1 : 0;
}

/*!
 * \brief Begin with the first ones of those that were there a moment ago, if they are few of them and are still there.
 *
 * \return The first ones; NULL if all have to be asked for, or memory ran out.
 */
static struct names *begin_recently(struct widening *widening, const struct ast_channel *chan)
{
	struct names *first = NULL;
	struct names *names;
	int is_now;

	if (!widening->first) {
		return NULL;
	}
	names = candidates_find_recent(chan, widening->filters[0], widening->excluded, &is_now);
	widening->is_recent = !is_now;
	if (!fill_candidates(widening, names, NULL)) {
		const size_t count = count_first(widening);

		if (is_now || count < candidates_left(&widening->candidates)) {
			first = take(widening, count);
		}
	}
	if (first && !is_now && !candidates_are_there(first)) {
		names_unref(first);
		first = NULL;
	}
	if (!first) {
		widening->is_recent = 0;
		forget_steps(widening);
	}
	return first;
}

/*! \brief Begin with the first circle. \return Its first ones; NULL without memory. */
static struct names *begin_first(struct widening *widening, const struct ast_channel *chan)
{
	struct names *first;

	widening->round_end_ns = broadcast_clock_ns() + widening->round_ms[0] * NS_PER_MS;
	first = begin_recently(widening, chan);
	if (!first && !find_candidates(widening, chan, NULL)) {
		first = take(widening, count_first(widening));
	}
	return first;
}

struct names *widening_begin(
	struct widening *widening, const struct ast_channel *chan, struct broadcast *continues)
{
	struct names *first = NULL;

	if (continues) {
		if (begin_again(widening, chan, continues, &first)) {
			names_unref(first);
			return NULL;
		}
	} else {
		first = begin_first(widening, chan);
	}
	while (first && !names_count(first) && has_more_rounds(widening)) {
		names_unref(first);
		open_next_round(widening);
		first = find_candidates(widening, chan, NULL) ? NULL : take(widening, count_first(widening));
	}
	return first;
}

/*! \brief Tell who asks which circle is open. */
static void note_round(const struct widening *widening, struct broadcast *broadcast)
{
	struct offer *offer = broadcast_data(broadcast);

	offer->round_end_ms = (int) ((widening->round_end_ns - offer->first_ns) / NS_PER_MS);
	atomic_store(&offer->round, (int) widening->round + 1);
}

void widening_follow(struct widening *widening, struct broadcast *broadcast, struct delivery *delivery)
{
	for (size_t i = 1; i <= widening->round; i++) {
		broadcast_admit(broadcast, widening->filters[i]);
	}
	note_round(widening, broadcast);
	widening->delivery = delivery ? delivery_ref(delivery) : NULL;
}

/*! \brief Offer a call to more applications; to no more than there are by now, if that cannot be told of. */
static void offer_to_more(
	struct widening *widening, struct ast_channel *chan, struct broadcast *broadcast, struct names *more)
{
	enum events_failure failure;
	struct ast_json *event = NULL;
	struct names *added;

	if (names_count(more)) {
		event = events_call_broadcast(
			chan, broadcast_remaining_ms(broadcast), broadcast_data(broadcast), &failure);
	}
	if (names_count(more) && !event) {
		candidates_clear(&widening->candidates);
		widening->rounds = widening->round + 1;
		more = NULL;
	}
	added = broadcast_widen(broadcast, more, widening_has_more(widening));
	if (names_count(added)) {
		delivery_offer(widening->delivery, added, ast_json_ref(event));
	}
	ast_json_unref(event);
	names_unref(added);
}

/*! \brief Open the next circle. \return Its first ones; NULL without memory. */
static struct names *begin_next_round(
	struct widening *widening, struct ast_channel *chan, struct broadcast *broadcast)
{
	struct names *known = broadcast_recipients(broadcast);
	struct names *first = NULL;

	open_next_round(widening);
	note_round(widening, broadcast);
	broadcast_admit(broadcast, widening->filters[widening->round]);
	if (!find_candidates(widening, chan, known)) {
		first = take(widening, count_first(widening));
	}
	if (!names_count(first)) {
		/* Over at once. */
		widening->round_end_ns = broadcast_clock_ns();
	}
	names_unref(known);
	return first;
}

/*! \brief How many of the open circle were asked; 1 if none. */
static size_t count_asked(const struct widening *widening)
{
	return MAX(widening->had + candidates_taken(&widening->candidates), 1);
}

/*! \brief Find those of the open circle that are there now, in the place of those of a moment ago; without memory nobody. */
static void find_the_others(
	struct widening *widening, const struct ast_channel *chan, struct broadcast *broadcast)
{
	struct names *known = broadcast_recipients(broadcast);

	widening->is_recent = 0;
	widening->had += candidates_taken(&widening->candidates);
	find_candidates(widening, chan, known);
	names_unref(known);
}

int widening_advance(
	struct widening *widening, struct ast_channel *chan, struct broadcast *broadcast, int is_exhausted)
{
	const int64_t now_ns = broadcast_clock_ns();
	const int is_over = has_more_rounds(widening) && now_ns >= widening->round_end_ns;
	size_t left = candidates_left(&widening->candidates);
	struct names *more;

	if (left && (is_exhausted || is_over || now_ns >= widening->step_ns)) {
		if (widening->is_recent) {
			find_the_others(widening, chan, broadcast);
			/* There may be none: that is told as well. */
			left = candidates_left(&widening->candidates);
		}
		/* When the circle is over, nobody of it is left out. */
		more = take(widening, is_over ? left : MIN(left, (STEP_FACTOR - 1) * count_asked(widening)));
	} else if (has_more_rounds(widening) && (is_exhausted || is_over)) {
		more = begin_next_round(widening, chan, broadcast);
	} else {
		return 0;
	}
	offer_to_more(widening, chan, broadcast, more);
	names_unref(more);
	return 1;
}

int64_t widening_next_ns(const struct widening *widening)
{
	int64_t next_ns = INT64_MAX;

	if (candidates_left(&widening->candidates)) {
		next_ns = widening->step_ns;
	}
	if (has_more_rounds(widening)) {
		next_ns = MIN(next_ns, widening->round_end_ns);
	}
	return next_ns;
}

void widening_note_claim(const struct widening *widening, struct broadcast *broadcast)
{
	const char *winner = broadcast_winner_name(broadcast);
	const int64_t claimed_ns = broadcast_closed_ns(broadcast);

	/* Of calls that do not follow it, it learns nothing: they may be for people. Where bids are, the window is over first. */
	if (!winner || widening->step_ms || widening->is_shuffled) {
		return;
	}
	for (size_t i = 0; i < widening->step_count; i++) {
		if (names_find(widening->steps[i].names, winner) >= 0) {
			pace_note_claim(&pace, claimed_ns - widening->steps[i].asked_ns, claimed_ns);
			return;
		}
	}
}

void widening_request(const struct widening *widening, struct offer_request *request)
{
	request->rounds = widening->rounds > 1 ? widening->rounds : 0;
	/* The text of the broadcast is that of all circles, also of those that were given up. */
	request->app_filter = app_filter_text(widening->filters[0]);
	for (size_t i = 0; i < request->rounds; i++) {
		request->round_ms[i] = widening->round_ms[i];
		request->round_filters[i] = app_filter_text(widening->filters[i]);
	}
}
